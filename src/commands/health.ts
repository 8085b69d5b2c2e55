import { type Command, InvalidArgumentError } from "commander";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import { askHealth } from "../listen/ask-health.ts";
import { whole } from "./number-options.ts";

interface Options {
  readonly address: string;
  readonly service: string;
  readonly timeoutMs: number;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("health")
    .description("Ask a server that runs whether it is ready, for a container's health check")
    .option(
      "--address <host:port>",
      "gRPC address of the server, or unix:<path>",
      grpcAddress,
      "127.0.0.1:50051",
    )
    .option("--service <name>", '"liveness", "readiness", or "" for the server', shortName, "")
    .option("--timeout-ms <number>", "how long to wait for an answer", whole, 2000)
    .option("--tls", "speak TLS; implied by the options below")
    .option("--ca <file>", "PEM of the authority that signed the server's certificate")
    .option("--cert <file>", "PEM of our own certificate, where the server asks for one")
    .option("--key <file>", "PEM of its key")
    .option("--server-name <name>", "the name in the server's certificate")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

/** Exits 0 when it is ready, 1 when it is not or does not answer. */
async function run(options: Options): Promise<void> {
  const { address, service, timeoutMs, ca, cert, key, serverName, json = false } = options;
  const tls = options.tls ?? [ca, cert, key, serverName].some((one) => one !== undefined);
  const answer = await askHealth({
    address,
    service,
    timeoutMs,
    ...(tls && { tls: { ca: read(ca), cert: read(cert), key: read(key), serverName } }),
  });
  process.exitCode = answer.well ? 0 : 1;
  if (json) process.stdout.write(`${JSON.stringify({ address, service, ...answer })}\n`);
  else if (answer.well) process.stdout.write("SERVING\n");
  else process.stderr.write(`signalbox: ${address} is not ready: ${answer.reason}\n`);
}

function grpcAddress(text: string): string {
  const host = /^unix:./.test(text) ? "localhost:1" : text;
  const url = URL.parse(`grpc://${host}`);
  if (url && url.port !== "" && url.pathname === "" && url.username === "") return text;
  throw new InvalidArgumentError("It must be host:port, or unix:/path.");
}

/** A name of the protocol is short, and one byte tells its length. */
function shortName(text: string): string {
  if (Buffer.byteLength(text) > 127) throw new InvalidArgumentError("It is too long.");
  return text;
}

const maxPemBytes = 1024 * 1024;

function read(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  const refusal = { code: "config_invalid", remedy: "Give the path of a PEM file" } as const;
  const pem = readBounded(path, maxPemBytes, { unreadable: refusal, tooLarge: refusal });
  if (pem.includes("-----BEGIN ")) return pem;
  throw new RouterError("config_invalid", `${path} is no PEM file`, refusal.remedy);
}

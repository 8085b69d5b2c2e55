import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { selfSigned } from "../embed/testing/self-signed.ts";
import { health } from "../listen/health.ts";
import { listenGrpc } from "../listen/server.ts";
import type { TlsPair } from "../listen/tls/read-pair.ts";
import { runCli } from "./testing/run-cli.ts";

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0)) await one();
});

const protoPath = join(import.meta.dirname, "../../proto/grpc/health/v1/health.proto");

/** A server that routes nothing, ready or not. */
async function start(
  { ready, address = "127.0.0.1:0" }: { ready: boolean; address?: string },
  pair?: TlsPair,
): Promise<string> {
  const wireHealth = health();
  wireHealth.setReady(ready);
  const options = { address, maxBodyBytes: 1000, maxConcurrentStreams: 10, pair };
  const server = await listenGrpc(options, () => undefined, wireHealth);
  cleanup.push(() => server.stop());
  return address.startsWith("unix:") ? address : `127.0.0.1:${server.port}`;
}

test("a server that is ready is told so, and the exit is 0", async () => {
  const address = await start({ ready: true });
  expect(await runCli(["health", "--address", address])).toEqual({
    code: 0,
    out: "SERVING\n",
    err: "",
  });
  const { out } = await runCli([
    "health",
    "--address",
    address,
    "--service",
    "readiness",
    "--json",
  ]);
  expect(JSON.parse(out)).toEqual({ address, service: "readiness", well: true });
});

test("a server whose models are still loading is alive and not ready", async () => {
  const address = await start({ ready: false });
  const ready = await runCli(["health", "--address", address]);
  expect(ready).toMatchObject({ code: 1, out: "" });
  expect(ready.err).toContain("NOT_SERVING");
  expect((await runCli(["health", "--address", address, "--service", "liveness"])).code).toBe(0);
});

test("a service that the server does not have is not well", async () => {
  const address = await start({ ready: true });
  const { code, err } = await runCli(["health", "--address", address, "--service", "other"]);
  expect(code).toBe(1);
  expect(err).toContain("gRPC status 5");
});

test("a Unix socket is asked too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "health-"));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  const address = await start({ ready: true, address: `unix:${join(folder, "grpc.sock")}` });
  expect((await runCli(["health", "--address", address])).code).toBe(0);
});

const certificate = selfSigned();
afterAll(() => certificate && rmSync(certificate.folder, { recursive: true }));

test.runIf(certificate)("a server with TLS is believed only with its authority", async () => {
  const { key, cert, path } = certificate!;
  const address = await start({ ready: true }, { key, cert, validTo: new Date() });
  expect((await runCli(["health", "--address", address, "--ca", path])).code).toBe(0);
  const stranger = await runCli(["health", "--address", address, "--tls"]);
  expect(stranger.code).toBe(1);
  expect(stranger.err).toContain("self-signed");
  expect((await runCli(["health", "--address", address])).code).toBe(1);
});

test.runIf(certificate)("a server that asks for a client's certificate gets it", async () => {
  const { key, cert, path, folder } = certificate!;
  const pair = { key, cert, clientCa: cert, validTo: new Date() };
  const address = await start({ ready: true }, pair);
  const own = ["--cert", path, "--key", join(folder, "key.pem")];
  expect((await runCli(["health", "--address", address, "--ca", path, ...own])).code).toBe(0);
  expect((await runCli(["health", "--address", address, "--ca", path])).code).toBe(1);
});

test("nobody there, a server that never answers, and one of another protocol are not well", async () => {
  const nobody = await runCli(["health", "--address", "127.0.0.1:1"]);
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain("ECONNREFUSED");
  const answers = [
    () => undefined,
    (socket: { end(text: string): void }) => socket.end("HELO\r\n"),
  ];
  for (const answer of answers) {
    const other = createServer(answer).listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    cleanup.push(() => other.close());
    const address = `127.0.0.1:${(other.address() as { port: number }).port}`;
    const ended = await runCli(["health", "--address", address, "--timeout-ms", "300"]);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain(address);
  }
});

test.each([
  [["--address", "nowhere"]],
  [["--address", "a b:1"]],
  [["--address", "127.0.0.1:1/path"]],
  [["--timeout-ms", "soon"]],
  [["--service", "x".repeat(200)]],
  [["--ca", "/nowhere/ca.pem"]],
  [["--ca", protoPath]],
])("%s cannot be asked", async (args) => {
  expect((await runCli(["health", ...args])).code).toBe(2);
});

import { join } from "node:path";
import { type Client, credentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterEach, expect, test } from "vitest";
import type { ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { fakeRouter, leases } from "../testing/router.ts";
import { health } from "./health.ts";
import { type GrpcServer, listenGrpc } from "./server.ts";

const protoFolder = join(import.meta.dirname, "../../proto");
const ignored = () => undefined;

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

async function start(router: Router = fakeRouter()) {
  const wireHealth = health();
  const { acquire, held } = leases(router);
  const server = await listenGrpc(
    { address: "127.0.0.1:0", maxBodyBytes: 1e7, maxConcurrentStreams: 100 },
    acquire,
    wireHealth,
  );
  cleanup.push(() => server.stop());
  return { server, wireHealth, held, ...connect(server) };
}

/** A client of both services, made from the same .proto files. */
function connect(server: GrpcServer) {
  const files = [
    "envoy/service/ext_proc/v3/external_processor.proto",
    "grpc/health/v1/health.proto",
  ];
  const options = { includeDirs: [protoFolder], keepCase: true, enums: String, oneofs: true };
  // biome-ignore lint/suspicious/noExplicitAny: the packages are made at run time
  const packages = loadPackageDefinition(loadSync(files, options)) as any;
  const address = `127.0.0.1:${server.port}`;
  const processor = new packages.envoy.service.ext_proc.v3.ExternalProcessor(
    address,
    credentials.createInsecure(),
  );
  const checker = new packages.grpc.health.v1.Health(address, credentials.createInsecure());
  cleanup.push(() => {
    for (const client of [processor, checker] as Client[]) client.close();
  });
  const check = (service: string) =>
    new Promise<string>((resolve) => {
      checker.Check({ service }, (error: { code: number } | null, answer: { status: string }) =>
        resolve(error ? `error ${error.code}` : answer.status),
      );
    });
  return { processor, checker, check };
}

const chatRequest: ProcessingRequest[] = [
  {
    request: "request_headers",
    request_headers: {
      headers: { headers: [{ key: ":path", raw_value: Buffer.from("/v1/chat/completions") }] },
    },
    protocol_config: { request_body_mode: "BUFFERED" },
  },
  {
    request: "request_body",
    request_body: {
      body: Buffer.from('{"model":"auto","messages":[{"role":"user","content":"math"}]}'),
      end_of_stream: true,
    },
  },
];

test("a stream over a socket: two messages in, two answers out, and a clean end", async () => {
  const { processor, held } = await start();
  const call = processor.Process();
  for (const message of chatRequest) call.write(message);
  call.end();
  const answers: ProcessingResponse[] = [];
  for await (const answer of call) answers.push(answer);
  expect(answers).toHaveLength(2);
  expect(held()).toBe(0);
  const mutation = answers[1]?.request_body?.response.body_mutation;
  expect(mutation && "body" in mutation && Buffer.from(mutation.body).toString()).toContain(
    '"model":"solver"',
  );
});

test("health: the three names that the endpoint-picker protocol asks for", async () => {
  const { check, wireHealth } = await start();
  const names = ["", "liveness", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor"];
  expect(await Promise.all(names.map(check))).toEqual([
    "NOT_SERVING",
    "SERVING",
    "NOT_SERVING",
    "NOT_SERVING",
  ]);
  wireHealth.setReady(true);
  expect(await Promise.all(names.map(check))).toEqual(["SERVING", "SERVING", "SERVING", "SERVING"]);
  expect(await check("nothing")).toBe(`error ${status.NOT_FOUND}`);
});

test("health: a watcher is told of the change", async () => {
  const { checker, wireHealth } = await start();
  const call = checker.Watch({ service: "readiness" });
  call.on("error", ignored);
  const seen: string[] = [];
  for await (const { status: now } of call.iterator({ destroyOnReturn: false })) {
    seen.push(now);
    if (seen.length === 1) wireHealth.setReady(true);
    else break;
  }
  call.cancel();
  expect(seen).toEqual(["NOT_SERVING", "SERVING"]);
});

test("before models are loaded a stream is refused as unavailable", async () => {
  const notReady = await listenGrpc(
    { address: "127.0.0.1:0", maxBodyBytes: 1e6, maxConcurrentStreams: 10 },
    () => undefined,
    health(),
  );
  cleanup.push(() => notReady.stop());
  const call = connect(notReady).processor.Process();
  const code = await new Promise((resolve) =>
    call.on("error", (error: { code: number }) => resolve(error.code)),
  );
  expect(code).toBe(status.UNAVAILABLE);
});

test("a stream that Envoy lets go is not embedded for any longer", async () => {
  const asked = Promise.withResolvers<AbortSignal | undefined>();
  const router = fakeRouter({
    embed: (_, signal) => {
      asked.resolve(signal);
      return new Promise(ignored);
    },
    limits: { deadline_ms: 60_000 },
  });
  const { processor, held } = await start(router);
  const call = processor.Process();
  call.on("error", ignored);
  for (const message of chatRequest) call.write(message);
  const signal = await asked.promise;
  const gone = new Promise((resolve) =>
    signal?.addEventListener("abort", () => resolve(signal.reason)),
  );
  expect(held()).toBe(1);
  call.cancel();
  expect(await gone).toMatchObject({ code: "client_gone" });
  await expect.poll(held).toBe(0);
});

test("a stream that Envoy resets between two messages lets its router go", async () => {
  const { processor, held } = await start();
  const call = processor.Process();
  call.on("error", ignored);
  call.write(chatRequest[0]);
  await new Promise((resolve) => call.once("data", resolve));
  expect(held()).toBe(1);
  call.cancel();
  await expect.poll(held).toBe(0);
});

test("draining lets a stream in flight end, and takes no new one", async () => {
  let answer: (() => void) | undefined;
  const router = fakeRouter({
    embed: (texts) =>
      new Promise((resolve) => {
        const vector = new Float32Array(1024);
        answer = () =>
          resolve(texts.map(() => ({ vector, tokens: 1, truncated: false, cached: false })));
      }),
    limits: { deadline_ms: 5000 },
  });
  const { server, processor } = await start(router);
  const call = processor.Process();
  for (const message of chatRequest) call.write(message);
  const answers: ProcessingResponse[] = [];
  call.on("data", (message: ProcessingResponse) => answers.push(message));
  while (!answer) await new Promise((soon) => setTimeout(soon, 5));
  const drained = server.drain();
  answer();
  call.end();
  await new Promise((end) => call.on("end", end));
  processor.close();
  await drained;
  expect(answers).toHaveLength(2);
});

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOtlpGrpc } from "../../src/testing/otlp/receiver.ts";
import { ask, chatBody } from "../ask.ts";
import { portsOf } from "../stack.ts";
import { startEnvoy } from "../start-envoy.ts";
import { type Observed, startObserved } from "./start-observed.ts";

let observed: Observed;
beforeAll(async () => {
  observed = await startObserved({ samplingRate: 0 });
});
afterAll(() => observed.stop());

const mathQuery = "Solve the quadratic equation x^2 - 5x + 6 = 0";
const callerSpan = "b7ad6b7169203331";

/** One chat completion through Envoy in a trace of its own; what the backend received, and our spans of it. */
async function traced(flags: string, tracestate = "vendor=1") {
  const traceId = randomBytes(16).toString("hex");
  const solver = observed.llms.get("solver");
  solver?.forget();
  const headers = { traceparent: `00-${traceId}-${callerSpan}-${flags}`, tracestate };
  const answer = await ask(observed.envoy.url, { body: chatBody(mathQuery), headers });
  expect(answer.status).toBe(200);
  return { traceId, received: solver?.received()[0]?.headers ?? {} };
}

test("a client's trace goes through Envoy and signalbox to the backend", async () => {
  const first = await traced("01");
  const again = await traced("01");
  // Nine spans of the first, with its embedding's queue ten; the second one finds the embedding in memory.
  const spans = await observed.receiver.received(19);
  const byName = (traceId: string) =>
    new Map(spans.filter((one) => one.traceId === traceId).map((one) => [one.name, one]));
  const own = byName(first.traceId);
  const root = own.get("semantic_router.request.received");
  const upstream = own.get("semantic_router.upstream.request");
  expect(root?.parentSpanId).toBe(callerSpan);
  expect(upstream?.parentSpanId).toBe(root?.spanId);
  expect(upstream?.attributes["http.status_code"]).toBe(200);
  expect(first.received["traceparent"]).toBe(`00-${first.traceId}-${upstream?.spanId}-01`);
  expect(first.received["tracestate"]).toBe("vendor=1");
  expect(root?.attributes).toMatchObject({
    "routing.selected_model": "solver",
    "routing.algorithm": "static",
    "decision.name": "math_decision",
    "category.name": "math",
  });
  const embed = own.get("signalbox.embed");
  const queue = own.get("signalbox.embed.queue");
  expect(embed?.attributes["embedding.cached"]).toBe(false);
  expect(queue?.parentSpanId).toBe(embed?.spanId);
  expect(queue?.startNano).toBeGreaterThanOrEqual(embed?.startNano ?? 0n);
  expect(queue?.endNano).toBeLessThanOrEqual(embed?.endNano ?? 0n);
  const cached = byName(again.traceId);
  expect(cached.get("signalbox.embed")?.attributes["embedding.cached"]).toBe(true);
  expect(cached.has("signalbox.embed.queue")).toBe(false);
});

test("a trace that its caller does not record goes on as it came", async () => {
  const { traceId, received } = await traced("00");
  expect(received["traceparent"]).toBe(`00-${traceId}-${callerSpan}-00`);
  expect(observed.receiver.spans().filter((one) => one.traceId === traceId)).toEqual([]);
});

test("without a caller's trace and with rate 0 the backend is told that nobody records", async () => {
  const solver = observed.llms.get("solver");
  solver?.forget();
  await ask(observed.envoy.url, { body: chatBody(mathQuery) });
  expect(solver?.received()[0]?.headers["traceparent"]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
});

test.each([
  {
    client: "that traces",
    traceparent: () => `00-${randomBytes(16).toString("hex")}-${callerSpan}-01`,
  },
  { client: "that does not", traceparent: () => undefined },
])(
  "behind an Envoy that traces, with a client $client, our spans hang under Envoy's call",
  async ({ traceparent }) => {
    const own = await startOtlpGrpc();
    const envoy = await startEnvoy({
      extProcPort: observed.signalbox.grpcPort,
      backends: portsOf(observed.llms),
      defaultBackend: "everyday",
      messageTimeoutMs: 6000,
      tracesPort: Number(own.endpoint.split(":")[1]),
    });
    try {
      const sent = traceparent();
      observed.llms.get("solver")?.forget();
      const before = observed.receiver.spans().length;
      await ask(envoy.url, {
        body: chatBody(mathQuery),
        ...(sent !== undefined && { headers: { traceparent: sent } }),
      });
      const envoys = await own.received(2);
      const call = envoys.find(({ name }) => name.includes("ext_proc"));
      const ingress = envoys.find(({ kind }) => kind === "SPAN_KIND_SERVER");
      const all = await observed.receiver.received(before + 9);
      const root = all.findLast(({ name }) => name === "semantic_router.request.received");
      expect(root).toMatchObject({ traceId: call?.traceId, parentSpanId: call?.spanId });
      expect(ingress?.parentSpanId).toBe(sent === undefined ? "" : callerSpan);
      // What docs/observability.md says of such an Envoy: it writes the backend's context itself.
      const received = observed.llms.get("solver")?.received()[0]?.headers["traceparent"];
      expect(received).toBe(`00-${ingress?.traceId}-${ingress?.spanId}-01`);
    } finally {
      await envoy.child.stop();
      await own.close();
    }
  },
);

test("spans that wait are sent before signalbox ends", async () => {
  const before = observed.receiver.spans().length;
  const { traceId } = await traced("01");
  await observed.signalbox.child.stop(10_000);
  const spans = observed.receiver.spans();
  expect(spans.length).toBeGreaterThan(before);
  expect(spans.filter((one) => one.traceId === traceId)).toHaveLength(9);
});

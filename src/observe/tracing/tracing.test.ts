import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RouterConfig } from "../../config/schema.ts";
import { RouterError } from "../../errors.ts";
import { httpStream } from "../../listen/stream.ts";
import type {
  HttpHeaders,
  ProcessingRequest,
  ProcessingResponse,
} from "../../protocol/messages.ts";
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpGrpc,
  startOtlpHttp,
} from "../../testing/otlp/receiver.ts";
import { fakeRouter } from "../../testing/router.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import type { Tracing } from "../request-trace.ts";
import { streamEvents } from "../stream-events.ts";
import { openTracing } from "./open-tracing.ts";

const silent = createLog("silent");

const open = (tracing: object, env: Readonly<Record<string, string>> = {}) =>
  openTracing(
    RouterConfig.parse({ default_model: "m", observability: { tracing } }).observability.tracing,
    env,
    silent,
  );

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  /** Of the backend; none: it never answers. */
  readonly status?: string;
  readonly router?: ReturnType<typeof fakeRouter>;
  readonly callTraceparent?: string;
}

const httpHeaders = (values: Readonly<Record<string, string>>): HttpHeaders => ({
  headers: { headers: Object.entries(values).map(([key, value]) => ({ key, value })) },
});

/** One request over the wire's own code, in FULL_DUPLEX_STREAMED; what was set and removed on it. */
async function send(tracing: Tracing | undefined, sent: Sent = {}) {
  const { headers = {}, body = ask("my secret math"), status = "200" } = sent;
  const router = sent.router ?? fakeRouter();
  const metrics = createMetrics(() => router.embedder.stats());
  const events = streamEvents(router.config, metrics, silent, tracing);
  const request = { ":method": "POST", ":path": "/v1/chat/completions", "x-request-id": "r-1" };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const messages: ProcessingRequest[] = [
    {
      request: "request_headers",
      request_headers: httpHeaders({ ...request, ...headers }),
      protocol_config: { request_body_mode: "FULL_DUPLEX_STREAMED" },
    },
    { request: "request_body", request_body: { body: Buffer.from(text), end_of_stream: true } },
    ...(status === ""
      ? []
      : [
          {
            request: "response_headers",
            response_headers: httpHeaders({ ":status": status }),
          } as const,
        ]),
  ];
  const answers: ProcessingResponse[] = [];
  const stream = httpStream(router, events, undefined, sent.callTraceparent);
  for (const message of messages) answers.push(...(await stream.answer(message)));
  stream.end();
  const mutation = answers[0]?.request_headers?.response.header_mutation;
  const set = Object.fromEntries(
    (mutation?.set_headers ?? []).map(({ header }) => [
      header.key,
      Buffer.from(header.raw_value).toString(),
    ]),
  );
  return { set, removed: mutation?.remove_headers ?? [], answers };
}

const ask = (content: string, model = "auto") => ({
  model,
  messages: [{ role: "user", content }],
});

const byName = (spans: readonly ReceivedSpan[]) =>
  Object.fromEntries(spans.map((span) => [span.name, span]));

describe("an OTLP receiver over HTTP", () => {
  let receiver: OtlpReceiver;
  let tracing: Tracing | undefined;
  beforeEach(async () => {
    receiver = await startOtlpHttp();
  });
  afterEach(async () => {
    await tracing?.close(1000);
    await receiver.close();
  });
  const start = async (more: object = {}, env = {}) => {
    tracing = await open(
      { enabled: true, exporter: { endpoint: receiver.endpoint }, ...more },
      env,
    );
    return tracing as Tracing;
  };

  test("a traced request: a span for each stage under the caller's, and the backend's under ours", async () => {
    const headers = { traceparent: `00-${traceId}-${callerSpan}-01`, tracestate: "other=1" };
    const { set } = await send(await start(), { headers });
    await tracing?.close(1000);
    const spans = byName(receiver.spans());
    expect(Object.keys(spans).sort()).toEqual([
      "semantic_router.decision.evaluation",
      "semantic_router.request.received",
      "semantic_router.routing.decision",
      "semantic_router.signal.evaluation",
      "semantic_router.upstream.request",
      "signalbox.body",
      "signalbox.embed",
      "signalbox.mutate",
      "signalbox.parse",
    ]);
    const root = spans["semantic_router.request.received"] as ReceivedSpan;
    expect(root).toMatchObject({
      traceId,
      parentSpanId: callerSpan,
      traceState: "other=1",
      kind: "SPAN_KIND_SERVER",
      attributes: {
        "request.id": "r-1",
        "routing.strategy": "auto",
        "routing.original_model": "auto",
        "routing.selected_model": "solver",
        "routing.algorithm": "single",
        "routing.reason": "single_candidate",
        "decision.name": "math_decision",
        "category.name": "math",
      },
      resource: {
        "service.name": "signalbox",
        "service.version": expect.stringMatching(/^\d+\.\d+\.\d+/),
      },
    });
    for (const span of receiver.spans()) {
      expect(span.traceId).toBe(traceId);
      if (span !== root) expect(span.parentSpanId, span.name).toBe(root.spanId);
      expect(span.endNano, span.name).toBeGreaterThanOrEqual(span.startNano);
      expect(span.startNano, span.name).toBeGreaterThanOrEqual(root.startNano);
    }
    const upstream = spans["semantic_router.upstream.request"] as ReceivedSpan;
    expect(upstream).toMatchObject({
      kind: "SPAN_KIND_CLIENT",
      attributes: { "http.status_code": 200 },
    });
    expect(set).toMatchObject({
      traceparent: `00-${traceId}-${upstream.spanId}-01`,
      "x-selected-model": "solver",
    });
    expect(spans["signalbox.embed"]?.attributes).toEqual({
      "embedding.cached": false,
      "embedding.truncated": false,
    });
    expect(spans["semantic_router.decision.evaluation"]?.attributes).toMatchObject({
      "decision.matched_rules": ["domain:math"],
    });
  });

  test("nothing of the request's text is in what is sent", async () => {
    const tracing = await start();
    const secret = "correct horse battery";
    await send(tracing, { body: ask(`${secret} math`) });
    await send(tracing, { body: ask("hello", secret), headers: { "x-request-id": secret } });
    await send(tracing, { body: `{ "model": "${secret}", ` });
    await tracing.close(1000);
    const sent = JSON.stringify(receiver.spans(), (_, value) =>
      typeof value === "bigint" ? `${value}` : value,
    );
    expect(receiver.spans().length).toBeGreaterThan(10);
    expect(sent).not.toContain("correct");
    expect(sent).toContain('"routing.selected_model":"other"');
  });

  test("the queue's part of embedding is a span inside it", async () => {
    const embed = async () => {
      const now = performance.now();
      const vector = new Float32Array(1024).fill(1 / 32);
      const queued = { sinceMs: now - 50_000, untilMs: now };
      return [{ vector, tokens: 1, truncated: false, cached: false, queued }];
    };
    await send(await start(), { router: fakeRouter({ embed }) });
    await tracing?.close(1000);
    const spans = byName(receiver.spans());
    const [embedding, queue] = [spans["signalbox.embed"], spans["signalbox.embed.queue"]];
    expect(queue?.parentSpanId).toBe(embedding?.spanId);
    // Another caller had asked for the text long before.
    expect(queue?.startNano).toBe(embedding?.startNano);
  });

  test("a stage that fails is a span with an error, and the request goes on", async () => {
    const embed = async () => {
      throw new RouterError("embedder_overloaded", "256 texts wait", "Add replicas");
    };
    const { set } = await send(await start(), { router: fakeRouter({ embed }) });
    expect(set["x-selected-model"]).toBe("default-model");
    await tracing?.close(1000);
    const spans = byName(receiver.spans());
    expect(spans["signalbox.embed"]?.status).toEqual({
      code: "STATUS_CODE_ERROR",
      message: "embedder_overloaded",
    });
    expect(spans["semantic_router.request.received"]?.attributes).toMatchObject({
      "routing.reason": "embedder_overloaded",
      "error.type": "embedder_overloaded",
    });
  });

  test("a refused request has its code and no request to a backend", async () => {
    const { answers } = await send(await start(), { body: "{", status: "" });
    expect(answers[0]?.immediate_response?.status.code).toBe(400);
    await tracing?.close(1000);
    expect(receiver.spans().map(({ name }) => name)).toEqual(["semantic_router.request.received"]);
    expect(receiver.spans()[0]?.attributes).toMatchObject({ "error.type": "malformed_json" });
  });

  test("a request whose backend never answers leaves no span open", async () => {
    await send(await start(), { status: "" });
    await tracing?.close(1000);
    const spans = byName(receiver.spans());
    expect(spans["semantic_router.upstream.request"]?.endNano).toBeGreaterThan(0n);
    expect(spans["semantic_router.upstream.request"]?.attributes).toEqual({});
  });

  test("a caller that does not record its trace is followed, and its context goes on untouched", async () => {
    const headers = { traceparent: `00-${traceId}-${callerSpan}-00` };
    const { set, removed } = await send(await start(), { headers });
    expect(set).not.toHaveProperty("traceparent");
    expect(removed).toEqual([]);
    await tracing?.close(1000);
    expect(receiver.spans()).toEqual([]);
  });

  test("without a caller's trace a new one begins, and the ratio decides who records it", async () => {
    const tracing = await start({ sampling: { type: "probabilistic", rate: 0.25 } });
    const contexts: string[] = [];
    for (let i = 0; i < 200; i++) contexts.push((await send(tracing)).set["traceparent"] ?? "");
    await tracing.close(1000);
    expect(contexts.filter((one) => /^00-[\da-f]{32}-[\da-f]{16}-0[01]$/.test(one))).toHaveLength(
      200,
    );
    const recorded = contexts.filter((one) => one.endsWith("-01")).map((one) => one.slice(3, 35));
    // Beyond either bound once in a hundred million runs.
    expect(recorded.length).toBeGreaterThan(15);
    expect(recorded.length).toBeLessThan(90);
    expect([...new Set(receiver.spans().map((span) => span.traceId))].sort()).toEqual(
      [...recorded].sort(),
    );
  });

  test.each([
    "",
    "00-xyz",
    `00-${"0".repeat(32)}-${callerSpan}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `ff-${traceId}-${callerSpan}-01`,
    `00-${traceId}-${callerSpan}-01-more`,
    `00-${traceId.toUpperCase()}-${callerSpan}-01`,
    "x".repeat(100_000),
  ])("a traceparent that is none (%#) is replaced, and its state removed", async (traceparent) => {
    const headers = { traceparent, tracestate: "a=b" };
    const { set, removed } = await send(await start(), { headers });
    expect(set["traceparent"]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(set["traceparent"]).not.toContain(traceId);
    expect(removed).toContain("tracestate");
  });

  test.each([
    { case: "in the request's trace", sent: traceId, called: traceId, parent: "call" },
    { case: "in a trace of its own, without one of the request", called: traceId, parent: "call" },
    {
      case: "of another trace than the request's",
      sent: traceId,
      called: "1".repeat(32),
      parent: "request",
    },
  ])("Envoy's own span of the call, $case", async ({ sent, called, parent }) => {
    const callSpan = "00f067aa0ba902b7";
    const headers = sent === undefined ? {} : { traceparent: `00-${sent}-${callerSpan}-01` };
    await send(await start(), { headers, callTraceparent: `00-${called}-${callSpan}-01` });
    await tracing?.close(1000);
    const root = byName(receiver.spans())["semantic_router.request.received"];
    const wanted = parent === "call" ? [called, callSpan] : [sent, callerSpan];
    expect([root?.traceId, root?.parentSpanId]).toEqual(wanted);
  });

  test("a later version of the header is read as far as this one goes", async () => {
    const headers = { traceparent: `cc-${traceId}-${callerSpan}-01-what-will-be` };
    const { set } = await send(await start(), { headers });
    expect(set["traceparent"]).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-01$`));
  });

  test("headers and compression of OpenTelemetry's variables are those of the request", async () => {
    const variables = {
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20token",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_RESOURCE_ATTRIBUTES: "k8s.pod.name=signalbox-0",
      OTEL_SERVICE_NAME: "router",
    };
    // The exporters read the process's own.
    Object.assign(process.env, variables);
    try {
      const tracing = (await open({}, variables)) as Tracing;
      await send(tracing);
      await tracing.close(1000);
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
    expect(receiver.requests[0]).toMatchObject({
      path: "/v1/traces",
      headers: { authorization: "Bearer token", "content-encoding": "gzip" },
    });
    expect(receiver.spans()[0]?.resource).toMatchObject({
      "service.name": "router",
      "k8s.pod.name": "signalbox-0",
    });
  });
});

test("gRPC: host:port, as the reference writes it", async () => {
  const receiver = await startOtlpGrpc();
  const exporter = { endpoint: receiver.endpoint, insecure: true };
  const tracing = (await open({ enabled: true, exporter })) as Tracing;
  await send(tracing);
  await tracing.close(5000);
  expect(byName(receiver.spans())["semantic_router.request.received"]).toMatchObject({
    attributes: { "routing.selected_model": "solver" },
  });
  expect(tracing.stats()).toEqual({ exported: 9, failed: 0, dropped: 0, waiting: 0 });
  await receiver.close();
});

test.each([
  { case: "refuses", status: () => 400 },
  { case: "fails", status: () => 500 },
])("a collector that $case costs no request", async ({ status }) => {
  const receiver = await startOtlpHttp({ status });
  const exporter = { endpoint: receiver.endpoint };
  const tracing = (await open({ enabled: true, exporter })) as Tracing;
  const { set } = await send(tracing);
  expect(set["x-selected-model"]).toBe("solver");
  await tracing.close(5000);
  expect(tracing.stats()).toEqual({ exported: 0, failed: 9, dropped: 0, waiting: 0 });
  await receiver.close();
});

test("a collector that never answers keeps nobody beyond the limit of close", async () => {
  const receiver = await startOtlpHttp({ status: () => 0 });
  const tracing = (await open({
    enabled: true,
    exporter: { endpoint: receiver.endpoint },
  })) as Tracing;
  await send(tracing);
  await tracing.close(100);
  expect(tracing.stats().exported).toBe(0);
  await receiver.close();
});

test("off: nothing is started, set or removed", async () => {
  expect(await open({})).toBeUndefined();
  expect(await open({ enabled: false }, { OTEL_TRACES_EXPORTER: "otlp" })).toBeUndefined();
  expect(await open({ enabled: true }, { OTEL_SDK_DISABLED: "true" })).toBeUndefined();
  const headers = { traceparent: `00-${traceId}-${callerSpan}-01` };
  const { set, removed } = await send(undefined, { headers });
  expect(set).not.toHaveProperty("traceparent");
  expect(removed).toEqual([]);
});

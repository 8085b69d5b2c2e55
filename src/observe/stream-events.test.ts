import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import { routeOrDefault } from "../route-or-default.ts";
import { fakeRouter } from "../testing/router.ts";
import { safeRequestId } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { streamEvents } from "./stream-events.ts";

function observed() {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const router = fakeRouter();
  const metrics = createMetrics(() => router.embedder.stats());
  const events = streamEvents(router.config, metrics, pino({ base: null }, sink));
  const value = async (series: string): Promise<string | undefined> =>
    (await metrics.registry.metrics())
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.split(" ")
      .at(-1);
  return { router, events, lines, value };
}

const query = { chars: 31, hash: "abcdef012345" };
const times = { bodyArrivedMs: 10, durationMs: 2, parseMs: 0.03, mutateMs: 0.01, promptChars: 120 };

test("a request whose client went away is an error of that kind, and no request to a model", async () => {
  const { router, events, lines, value } = observed();
  const fault = new RouterError("client_gone", "the stream ended", "Nothing is to be done");
  const route = await routeOrDefault(router, "math", undefined, AbortSignal.abort(fault));
  events.routed({
    requestId: "r-1",
    requestedModel: "auto",
    route,
    stream: false,
    query,
    ...times,
  });
  expect(lines).toEqual([]);
  expect(await value('llm_request_errors_total{model="unknown",reason="cancellation"}')).toBe("1");
  expect(await value('llm_model_requests_total{model="default-model"}')).toBe("0");
});

test("a routed request: upstream's event and metrics, and never its text", async () => {
  const { router, events, lines, value } = observed();
  const route = await routeOrDefault(router, "my secret math");
  events.routed({
    requestId: "r-1",
    requestedModel: "auto",
    route,
    stream: false,
    query,
    ...times,
  });
  expect(lines[0]).toMatchObject({
    event: "routing_decision",
    reason_code: "auto_routing",
    request_id: "r-1",
    original_model: "auto",
    selected_model: "solver",
    decision: "math_decision",
    msg: "routing_decision domain=[math]",
    query_chars: 31,
    query_hash: "abcdef012345",
  });
  expect(JSON.stringify(lines)).not.toContain("secret");
  expect(await value('llm_model_requests_total{model="solver"}')).toBe("1");
  expect(
    await value('llm_model_routing_modifications_total{source_model="auto",target_model="solver"}'),
  ).toBe("1");
  expect(
    await value(
      'llm_model_selection_total{method="single",model="solver",decision="math_decision"}',
    ),
  ).toBe("1");
  expect(await value('llm_signal_match_total{signal_type="domain",signal_name="math"}')).toBe("1");
  expect(await value("llm_decision_evaluation_total")).toBe("1");
  expect(await value("llm_model_routing_latency_seconds_count")).toBe("1");
});

test("a fallback is counted with its reason and logged as a warning", async () => {
  const { router, events, lines, value } = observed();
  const route = await routeOrDefault(router, "");
  events.routed({
    requestId: "r",
    requestedModel: "MoM",
    route,
    stream: false,
    query,
    ...times,
  });
  expect(lines[0]).toMatchObject({ reason: "no_text", algorithm: "default", level: 40 });
  const series =
    'llm_model_selection_fallback_total{method="default",decision="unknown",reason="no_text"}';
  expect(await value(series)).toBe("1");
});

test("a model that only the client names is neither a label nor in the log", async () => {
  const { events, lines, value } = observed();
  events.passedThrough({ requestId: "r", model: "whatever-the-client-likes" });
  events.responded({
    requestId: "r",
    model: "whatever-the-client-likes",
    status: 503,
    latencyMs: 5,
  });
  expect(JSON.stringify(lines)).not.toContain("whatever");
  expect(await value('llm_model_requests_total{model="other"}')).toBe("1");
  expect(await value('llm_request_errors_total{model="other",reason="upstream_5xx"}')).toBe("1");
});

test("a rejection is counted by its code", async () => {
  const { events, value } = observed();
  events.rejected({ requestId: "r", error: new RouterError("malformed_json", "d", "r") });
  expect(await value('signalbox_rejections_total{code="malformed_json"}')).toBe("1");
});

test("a request id that does not look like one is hashed", () => {
  expect(safeRequestId("0b6f-11.x:y_z")).toBe("0b6f-11.x:y_z");
  expect(safeRequestId('tell me "everything" about me')).toMatch(/^sha256:[0-9a-f]{16}$/);
  expect(safeRequestId("a".repeat(65))).toMatch(/^sha256:/);
});

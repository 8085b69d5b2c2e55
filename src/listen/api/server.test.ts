import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Router } from "../../router.ts";
import { fakeRouter, leases } from "../../testing/router.ts";
import { createApi } from "./server.ts";

const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

async function api(router: Router | "loading" = fakeRouter()) {
  const loaded = router === "loading" ? undefined : router;
  const server = createApi(
    loaded ? leases(loaded).acquire : () => undefined,
    () => loaded !== undefined,
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  close.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return (path: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...(body !== undefined && {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    });
}

test("health is upstream's text to the letter, also while models load", async () => {
  const call = await api("loading");
  const response = await call("/health");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('{"status": "healthy", "service": "classification-api"}');
});

test("ready is 503 until models are loaded, and so is what needs them", async () => {
  const starting = await api("loading");
  expect((await starting("/ready")).status).toBe(503);
  expect((await starting("/api/v1/explain", { query: "x" })).status).toBe(503);
  const ready = await api();
  expect(await (await ready("/ready")).json()).toMatchObject({ status: "ready", ready: true });
});

test("intent: the domain is the category, the decision stands beside it", async () => {
  const call = await api();
  const response = await call("/api/v1/classify/intent", {
    text: "some math",
    options: { return_probabilities: true },
  });
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    classification: { category: "math", confidence: 0.9 },
    recommended_model: "solver",
    routing_decision: "math_decision",
    matched_signals: { domains: ["math"] },
    decision_result: { decision_name: "math_decision", matched_rules: ["domain:math"] },
  });
  expect(Object.keys(body["probabilities"] as object)).toHaveLength(14);
});

test("intent: a threshold of the request's own sends what is below it to the fallback category", async () => {
  const call = await api();
  const body = { text: "some math", options: { confidence_threshold: 0.95 } };
  const response = await call("/api/v1/classify/intent", body);
  expect(await response.json()).toMatchObject({ classification: { category: "other" } });
});

test("batch: results in order, with statistics", async () => {
  const call = await api();
  const response = await call("/api/v1/classify/batch", { texts: ["math", "cats", "more math"] });
  expect(await response.json()).toMatchObject({
    results: [{ category: "math" }, { category: "other" }, { category: "math" }],
    total_count: 3,
    statistics: { category_distribution: { math: 2, other: 1 }, low_confidence_count: 0 },
  });
});

test("embeddings: a shorter dimension has unit length again", async () => {
  const call = await api();
  const response = await call("/api/v1/embeddings", { texts: ["a", "b"], dimension: 256 });
  const body = (await response.json()) as { embeddings: { embedding: number[] }[] };
  expect(body.embeddings).toHaveLength(2);
  expect(body.embeddings[0]?.embedding).toHaveLength(256);
  expect(Math.hypot(...(body.embeddings[0]?.embedding ?? []))).toBeCloseTo(1);
});

test("explain: a chat body or a query", async () => {
  const call = await api();
  const chat = { model: "auto", messages: [{ role: "user", content: "math please" }] };
  expect(await (await call("/api/v1/explain", chat)).json()).toMatchObject({
    model: "solver",
    decision: "math_decision",
    domain: "math",
    algorithm: "single",
    reason: "single_candidate",
  });
  expect(await (await call("/api/v1/explain", { query: "cats" })).json()).toMatchObject({
    model: "default-model",
    decision: null,
    domain: "other",
    reason: "no_decision",
  });
});

test("models and what is loaded", async () => {
  const call = await api();
  const models = (await (await call("/v1/models")).json()) as { data: { id: string }[] };
  expect(models.data.map(({ id }) => id)).toEqual(["MoM", "auto"]);
  expect(await (await call("/info/models")).json()).toMatchObject({
    models: [{ name: "fake", type: "embedding", loaded: true }, { type: "classifier" }],
    system: { gpu_available: false },
  });
});

test.each([
  { path: "/api/v1/classify/intent", body: "{", status: 400, code: "INVALID_INPUT" },
  { path: "/api/v1/classify/intent", body: [], status: 400, code: "INVALID_INPUT" },
  {
    path: "/api/v1/classify/intent",
    body: { text: " " },
    status: 400,
    code: "INVALID_INPUT",
    says: "text cannot be empty",
  },
  { path: "/api/v1/classify/intent", body: { text: 1 }, status: 400, code: "INVALID_INPUT" },
  {
    path: "/api/v1/classify/batch",
    body: {},
    status: 400,
    code: "INVALID_INPUT",
    says: "texts field is required",
  },
  {
    path: "/api/v1/classify/batch",
    body: { texts: [] },
    status: 400,
    code: "INVALID_INPUT",
    says: "texts array cannot be empty",
  },
  {
    path: "/api/v1/classify/batch",
    body: { texts: ["a"], task_type: "pii" },
    status: 400,
    code: "INVALID_TASK_TYPE",
  },
  {
    path: "/api/v1/embeddings",
    body: { texts: ["a"], dimension: 3 },
    status: 400,
    code: "INVALID_INPUT",
  },
  {
    path: "/api/v1/embeddings",
    body: { texts: ["a"], model: "gemma" },
    status: 400,
    code: "INVALID_INPUT",
  },
  { path: "/nowhere", body: undefined, status: 404, code: "NOT_FOUND" },
  { path: "/api/v1/explain", body: undefined, status: 405, code: "METHOD_NOT_ALLOWED" },
  {
    path: "/api/v1/explain",
    body: "x".repeat(5_000_000),
    status: 413,
    code: "REQUEST_BODY_TOO_LARGE",
  },
])("$path refuses with $status $code", async ({ path, body, status, code, says = "" }) => {
  const call = await api();
  const response = await call(path, body);
  expect(response.status).toBe(status);
  const { error } = (await response.json()) as {
    error: { code: string; message: string; timestamp: string };
  };
  expect(error.code).toBe(code);
  expect(error.message).toContain(says);
  expect(Number.isNaN(Date.parse(error.timestamp))).toBe(false);
});

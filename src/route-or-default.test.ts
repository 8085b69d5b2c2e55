import { expect, test } from "vitest";
import type { RouterConfig } from "./config/schema.ts";
import { RouterError } from "./errors.ts";
import { routeOrDefault } from "./route-or-default.ts";
import type { Selector } from "./select/selector.ts";
import { fakeRouter } from "./testing/router.ts";

const selector = (select: Selector["select"]): Selector => ({
  algorithm: "knn",
  dimension: 1038,
  categories: ["math", "other"],
  models: ["solver", "writer"],
  select,
  selectMany: () => [],
});

function withSelector(select: Selector["select"]) {
  const router = fakeRouter();
  const [decision] = router.config.decisions;
  if (!decision) throw new Error("unreachable: the fake has one decision");
  const modelRefs = ["solver", "writer"].map((model) => ({
    model,
    use_reasoning: model === "writer",
  }));
  const config: RouterConfig = { ...router.config, decisions: [{ ...decision, modelRefs }] };
  return { ...router, config, selectors: new Map([[decision.name, selector(select)]]) };
}

test("the decision's selector picks among its models, with the domain's slot set", async () => {
  let seen: { x: ArrayLike<number>; candidates: readonly string[] | undefined } | undefined;
  const router = withSelector((x, candidates) => {
    seen = { x, candidates };
    return { model: "writer", scores: [{ model: "writer", score: 2 }] };
  });
  const route = await routeOrDefault(router, "math");
  expect(route).toMatchObject({
    model: "writer",
    algorithm: "knn",
    reason: "selected",
    reasoning: true,
    confidence: 0.9,
  });
  expect(seen?.candidates).toEqual(["solver", "writer"]);
  expect(Array.from(seen?.x ?? []).slice(-2)).toEqual([1, 0]);
});

test("a selector that throws ends as the default model with its code, and keeps what was decided", async () => {
  const router = withSelector(() => {
    throw new RouterError("selector_untrained", "no data", "Train it");
  });
  expect(await routeOrDefault(router, "math")).toMatchObject({
    model: "default-model",
    algorithm: "default",
    reason: "selector_untrained",
    decision: "math_decision",
    domain: "math",
    scores: [],
  });
});

test("without a selector the first model of several is taken, and called so", async () => {
  const router = { ...withSelector(() => ({ model: "writer", scores: [] })), selectors: new Map() };
  expect(await routeOrDefault(router, "math")).toMatchObject({
    model: "solver",
    algorithm: "static",
    reason: "first_candidate",
  });
});

test("an overloaded embedder ends as the default model at once", async () => {
  const router = fakeRouter({
    embed: () => Promise.reject(new RouterError("embedder_overloaded", "256 wait", "Add replicas")),
  });
  expect(await routeOrDefault(router, "math")).toMatchObject({
    model: "default-model",
    reason: "embedder_overloaded",
  });
});

test("a caller that goes away ends it at once, with the caller's reason", async () => {
  const router = fakeRouter({ embed: () => new Promise(() => undefined) });
  const caller = new AbortController();
  const route = routeOrDefault(router, "math", 60_000, caller.signal);
  caller.abort(new RouterError("client_gone", "the stream ended", "Nothing is to be done"));
  expect(await route).toMatchObject({ model: "default-model", reason: "client_gone" });
});

test("of a query longer than limits.max_query_chars only the ends are routed on", async () => {
  const seen: string[] = [];
  const router = fakeRouter({
    embed: async (texts) => {
      seen.push(...texts);
      return texts.map(() => ({
        vector: new Float32Array(1024),
        tokens: 1,
        truncated: false,
        cached: false,
      }));
    },
    limits: { max_query_chars: 8 },
  });
  await routeOrDefault(router, "head....................tail");
  expect(seen).toEqual(["head tail"]);
});

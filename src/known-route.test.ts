import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "./config/load.ts";
import { packageRoot } from "./config/paths.ts";
import type { CachedEmbedding } from "./embed/embedder.ts";
import { knownRoute } from "./known-route.ts";
import { openRouter } from "./open-router.ts";
import type { Route } from "./route.ts";
import { routeOrDefault } from "./route-or-default.ts";
import type { Router } from "./router.ts";

let router: Router;
beforeAll(async () => {
  const folder = join(packageRoot, "config");
  const { config } = loadConfig(join(folder, "default.yaml"), {});
  ({ router } = await openRouter(config, { configFolder: folder, cwd: folder }));
});
afterAll(() => router.embedder.close());

const comparable = ({ timingsMs, cached, queued, ...rest }: Route) => rest;
const queries = [
  "Solve the quadratic equation x^2 - 5x + 6 = 0",
  "What did Kant mean by the categorical imperative?",
  "hi",
  `${"a long tale ".repeat(4000)}of a triangle`,
];

test("what is known is what routing gives, at once, and says that it was cached", async () => {
  for (const query of queries) {
    expect(knownRoute(router, query, query)).toBeUndefined();
    const routed = await routeOrDefault(router, query);
    // The first time worked out, the second time kept.
    const [first, second] = [knownRoute(router, query, query), knownRoute(router, query, query)];
    for (const known of [first, second]) {
      expect(known && comparable(known)).toEqual(comparable(routed));
      expect(known?.cached).toBe(true);
    }
    expect(second?.timingsMs).toMatchObject({ classify: 0, decide: 0, select: 0 });
  }
});

test("what is found counts as a hit of the cache, what is not found counts once", async () => {
  const before = router.embedder.stats();
  const query = "Which enzymes unwind DNA?";
  expect(knownRoute(router, query, query)).toBeUndefined();
  await routeOrDefault(router, query);
  knownRoute(router, query, query);
  knownRoute(router, query, query);
  const { cacheHits, cacheMisses } = router.embedder.stats();
  expect([cacheHits - before.cacheHits, cacheMisses - before.cacheMisses]).toEqual([2, 1]);
});

test("texts that the embedder cuts to the same one are told apart", async () => {
  // The classifier reads more of a text than the embedder does.
  const around = "x".repeat(3000);
  const texts = ["theorem proof algebra ", "plaintiff tort liability "].map(
    (middle) => `${around}${middle.repeat(30)}${around}`,
  );
  for (const text of texts) {
    await routeOrDefault(router, text);
    const known = knownRoute(router, text, text);
    const routed = await routeOrDefault(router, text);
    expect(known && comparable(known)).toEqual(comparable(routed));
  }
});

test("another router has its own, an empty query and an embedder without a cache have none", async () => {
  const [query = ""] = queries;
  const decisions = router.config.decisions.slice(-1);
  const other: Router = { ...router, config: { ...router.config, decisions } };
  expect(knownRoute(router, query, query)?.decision).toBe("math");
  expect(knownRoute(other, query, query)?.decision).not.toBe("math");
  expect(knownRoute(router, "", "")).toBeUndefined();
  const { cached: _, ...embedder } = router.embedder;
  expect(knownRoute({ ...router, embedder }, query, query)).toBeUndefined();
});

test("a selector's fault is not kept", async () => {
  const [query = ""] = queries;
  const vector: CachedEmbedding = {
    vector: new Float32Array(1024).fill(Number.NaN),
    truncated: false,
  };
  const broken: Router = {
    ...router,
    embedder: { ...router.embedder, cached: () => vector },
    classifier: {
      ...router.classifier,
      classify: () => router.classifier.classify(query, new Float32Array(1024)),
    },
  };
  const [first, second] = [knownRoute(broken, query, query), knownRoute(broken, query, query)];
  expect([first?.reason, second?.reason]).toEqual([
    "selector_invalid_input",
    "selector_invalid_input",
  ]);
  expect(second?.timingsMs.classify).toBeGreaterThan(0);
});

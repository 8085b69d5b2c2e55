import { expect, onTestFinished, test, vi } from "vitest";
import { defaultEmbedderFolder } from "./embed/built-in.ts";
import { openEmbedder } from "./embed/worker-embedder.ts";
import { routeOrDefault } from "./route-or-default.ts";
import { fakeRouter } from "./testing/router.ts";

/** A router whose embedder has real threads with the built-in model; they end when a query says so. */
async function mortalRouter(workers: number) {
  const embedder = await openEmbedder({
    folder: defaultEmbedderFolder,
    script: new URL("./embed/testing/mortal-worker.ts", import.meta.url),
    maxWaiting: 256,
    cacheEntries: 0,
    workers,
    minWorkers: workers,
    maxRunMs: 2000,
  });
  onTestFinished(() => embedder.close());
  return { ...fakeRouter(), embedder };
}

const queries = Array.from({ length: 20 }, (_, i) => `math question ${i}`);
const solved = { model: "solver", decision: "math_decision" };
const byDefault = (reason: string) => ({ model: "default-model", algorithm: "default", reason });

test("queries in a worker that dies go to the default model at once, and later ones are routed", async () => {
  const router = await mortalRouter(1);
  const doomed = ["exit", ...queries].map((query) => routeOrDefault(router, query, 60_000));
  for (const route of await Promise.all(doomed)) {
    expect(route).toMatchObject(byDefault("embedder_failed"));
  }
  await vi.waitFor(() => expect(router.embedder.stats().workers?.alive).toBe(1), 10_000);
  const routes = queries.map((query) => routeOrDefault(router, query, 60_000));
  for (const route of await Promise.all(routes)) expect(route).toMatchObject(solved);
});

test("queries behind a worker that hangs end at their deadline, before anybody knows that it hangs", async () => {
  const router = await mortalRouter(1);
  const stuck = ["hang", ...queries].map((query) => routeOrDefault(router, query, 100));
  for (const route of await Promise.all(stuck)) {
    expect(route).toMatchObject(byDefault("deadline_exceeded"));
  }
  // Only the one that hangs is still in the embedder.
  expect(router.embedder.stats()).toMatchObject({ waiting: 1, expired: 20, texts: 0 });
  const replaced = { alive: 1, restarts: 1 };
  await vi.waitFor(() => expect(router.embedder.stats().workers).toMatchObject(replaced), 10_000);
  expect(await routeOrDefault(router, "math again", 60_000)).toMatchObject(solved);
});

test("beside a worker that hangs, the others route everything", async () => {
  const router = await mortalRouter(2);
  const stuck = routeOrDefault(router, "hang", 100);
  const routes = queries.map((query) => routeOrDefault(router, query, 60_000));
  for (const route of await Promise.all(routes)) expect(route).toMatchObject(solved);
  expect(await stuck).toMatchObject(byDefault("deadline_exceeded"));
});

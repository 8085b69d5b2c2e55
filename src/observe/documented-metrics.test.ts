import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { reloadMetrics } from "./reload-metrics.ts";
import { tlsMetrics } from "./tls-metrics.ts";
import { registerTraceMetrics } from "./trace-metrics.ts";

test("docs/observability.md has every metric with its type, and no other", async () => {
  const { registry } = createMetrics(() => undefined);
  reloadMetrics(registry, () => 1);
  tlsMetrics(registry);
  registerTraceMetrics(registry, {
    start: () => undefined,
    stats: () => ({ exported: 0, failed: 0, dropped: 0, waiting: 0 }),
    close: async () => undefined,
  });
  const ours = (await registry.getMetricsAsJSON())
    .filter(({ name }) => !/^(?:process|nodejs)_/.test(name))
    .map(({ name, type }) => `${name} ${type}`);
  const docs = readFileSync(join(import.meta.dirname, "../../docs/observability.md"), "utf8");
  const rows = [...docs.matchAll(/^\| `((?:llm|signalbox)_\w+)` \| (\w+) \|/gm)];
  expect(rows.map(([, name, type]) => `${name} ${type}`).sort()).toEqual(ours.sort());
});

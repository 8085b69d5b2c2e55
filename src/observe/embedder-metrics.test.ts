import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { distribution } from "../embed/distribution.ts";
import type { EmbedderStats } from "../embed/embedder.ts";
import { registerEmbedderMetrics } from "./embedder-metrics.ts";

const stats: EmbedderStats = {
  texts: 7,
  tokens: 70,
  cacheHits: 3,
  cacheMisses: 4,
  cacheEvictions: 1,
  cacheEntries: 2,
  cacheBytes: 8872,
  waiting: 5,
  refused: 6,
  failed: 8,
  abandoned: 9,
  expired: 10,
  runSeconds: 0.5,
};

async function scraped(read: () => EmbedderStats | undefined): Promise<readonly string[]> {
  const registry = new Registry();
  registerEmbedderMetrics(registry, read);
  // Twice: what is counted elsewhere must not be added to itself.
  await registry.metrics();
  const lines = (await registry.metrics()).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("# HELP"));
}

test("counts are read when Prometheus scrapes, as counters and gauges", async () => {
  const lines = await scraped(() => stats);
  expect(lines).toEqual(
    expect.arrayContaining([
      "# TYPE signalbox_embedding_texts_total counter",
      "signalbox_embedding_texts_total 7",
      "# TYPE signalbox_embedding_waiting gauge",
      "signalbox_embedding_waiting 5",
      'signalbox_embedding_dropped_total{reason="abandoned"} 9',
      'signalbox_embedding_dropped_total{reason="deadline"} 10',
      'signalbox_embedding_cache_hits_total{level="memory"} 3',
      "signalbox_embedding_cache_bytes 8872",
    ]),
  );
});

test("what an embedder does not have has no series", async () => {
  const lines = (await scraped(() => stats)).filter((line) => !line.startsWith("#"));
  expect(lines.filter((line) => /shared|workers_alive|bucket/.test(line))).toEqual([]);
});

test("workers and the shared cache are read where there are some", async () => {
  const shared = {
    hits: 1,
    misses: 2,
    errors: 3,
    timeouts: 4,
    skipped: 5,
    sets: 6,
    dropped: 7,
    state: "open",
  } as const;
  const workers = { configured: 3, alive: 2, restarts: 4 };
  expect(await scraped(() => ({ ...stats, shared, workers }))).toEqual(
    expect.arrayContaining([
      'signalbox_embedding_cache_misses_total{level="memory"} 4',
      'signalbox_embedding_cache_misses_total{level="shared"} 2',
      'signalbox_embedding_shared_cache_faults_total{kind="timeout"} 4',
      "signalbox_embedding_shared_cache_up 0",
      "signalbox_embedding_workers 3",
      "signalbox_embedding_workers_alive 2",
      "signalbox_embedding_worker_restarts_total 4",
    ]),
  );
});

test("distributions are histograms, their buckets counted up", async () => {
  const texts = distribution([1, 2]);
  for (const value of [1, 2, 2, 9]) texts.add(value);
  const none = distribution([1]).read();
  const runs = { texts: texts.read(), tokens: none, seconds: none, waitSeconds: none };
  const lines = await scraped(() => ({ ...stats, runs }));
  expect(lines.filter((line) => line.includes("batch_texts"))).toEqual([
    "# TYPE signalbox_embedding_batch_texts histogram",
    'signalbox_embedding_batch_texts_bucket{le="1"} 1',
    'signalbox_embedding_batch_texts_bucket{le="2"} 3',
    'signalbox_embedding_batch_texts_bucket{le="+Inf"} 4',
    "signalbox_embedding_batch_texts_sum 14",
    "signalbox_embedding_batch_texts_count 4",
  ]);
});

test("while models load there is nothing to read", async () => {
  const lines = await scraped(() => undefined);
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([]);
});

test("docs/embedding.md explains every metric, and no other", async () => {
  const docs = readFileSync(join(import.meta.dirname, "../../docs/embedding.md"), "utf8");
  const table = docs.slice(docs.indexOf("## Metrics")).split("\n");
  const firstColumn = table.map((line) => line.split("|")[1] ?? "").join(" ");
  const documented = [...firstColumn.matchAll(/`(\w+)(?:\{\w+\})?`/g)].map(([, name]) => name);
  const types = (await scraped(() => stats)).filter((line) => line.startsWith("# TYPE"));
  const names = types.map((line) => line.split(" ")[2]?.replace("signalbox_embedding_", ""));
  expect(documented.filter((name) => !name?.startsWith("signalbox_")).sort()).toEqual(names.sort());
});

import { Counter, Gauge, type Registry } from "prom-client";
import type { Distribution } from "../embed/distribution.ts";
import type { EmbedderStats } from "../embed/embedder.ts";
import { registerDistributions } from "./distributions.ts";

interface Row {
  readonly name: string;
  readonly help: string;
  /** Nothing where an embedder has no such thing: the metric is then without a value. */
  readonly value: (stats: EmbedderStats) => number | undefined;
}

interface LabelledRow extends Omit<Row, "value"> {
  readonly label: string;
  /** By the label's value. */
  readonly values: (stats: EmbedderStats) => Readonly<Record<string, number | undefined>>;
}

/** Counters end in _total, all others are gauges; the names go on after signalbox_embedding_. */
const rows: readonly (Row | LabelledRow)[] = [
  { name: "texts_total", help: "Texts embedded", value: ({ texts }) => texts },
  { name: "tokens_total", help: "Tokens read by the embedder", value: ({ tokens }) => tokens },
  {
    name: "run_seconds_total",
    help: "Seconds spent inside the embedder's model, on all workers together",
    value: ({ runSeconds }) => runSeconds,
  },
  {
    name: "waiting",
    help: "Texts waiting for the embedder or inside it",
    value: ({ waiting }) => waiting,
  },
  {
    name: "refused_total",
    help: "Texts refused because the queue was full",
    value: ({ refused }) => refused,
  },
  {
    name: "failed_total",
    help: "Texts that the embedder failed on",
    value: ({ failed }) => failed,
  },
  {
    name: "dropped_total",
    help: "Texts dropped before the model saw them: all callers gone, or too late",
    label: "reason",
    values: ({ abandoned, expired }) => ({ abandoned, deadline: expired }),
  },
  {
    name: "cache_hits_total",
    help: "Embeddings found in a cache",
    label: "level",
    values: ({ cacheHits, shared }) => ({ memory: cacheHits, shared: shared?.hits }),
  },
  {
    name: "cache_misses_total",
    help: "Embeddings not found in a cache",
    label: "level",
    values: ({ cacheMisses, shared }) => ({ memory: cacheMisses, shared: shared?.misses }),
  },
  {
    name: "cache_evictions_total",
    help: "Embeddings that the cache in memory let go",
    value: ({ cacheEvictions }) => cacheEvictions,
  },
  {
    name: "cache_entries",
    help: "Embeddings in the cache in memory",
    value: ({ cacheEntries }) => cacheEntries,
  },
  {
    name: "cache_bytes",
    help: "Bytes that the cache in memory takes",
    value: ({ cacheBytes }) => cacheBytes,
  },
  {
    name: "shared_cache_faults_total",
    help: "What the shared cache did not do: answers of errors, none in time, not asked, not told",
    label: "kind",
    values: ({ shared }) => ({
      error: shared?.errors,
      timeout: shared?.timeouts,
      skipped: shared?.skipped,
      dropped: shared?.dropped,
    }),
  },
  {
    name: "shared_cache_sets_total",
    help: "Embeddings given to the shared cache",
    value: ({ shared }) => shared?.sets,
  },
  {
    name: "shared_cache_up",
    help: "1 while the shared cache is in use, 0 while it is left alone after failures",
    value: ({ shared }) => shared && Number(shared.state === "closed"),
  },
  {
    name: "workers",
    help: "Worker threads that the embedder should have",
    value: ({ workers }) => workers?.configured,
  },
  {
    name: "workers_alive",
    help: "Worker threads that are warm",
    value: ({ workers }) => workers?.alive,
  },
  {
    name: "worker_restarts_total",
    help: "Worker threads started, or tried, in the place of a lost one",
    value: ({ workers }) => workers?.restarts,
  },
];

const histograms: readonly {
  readonly name: string;
  readonly help: string;
  readonly read: (stats: EmbedderStats) => Distribution | undefined;
}[] = [
  {
    name: "queue_wait_seconds",
    help: "From a text's arrival in the queue to the model",
    read: ({ runs }) => runs?.waitSeconds,
  },
  {
    name: "batch_texts",
    help: "Texts that went to the model together",
    read: ({ runs }) => runs?.texts,
  },
  {
    name: "batch_tokens",
    help: "Tokens that went to the model together, without padding",
    read: ({ runs }) => runs?.tokens,
  },
  {
    name: "run_seconds",
    help: "The model's time for a batch",
    read: ({ runs }) => runs?.seconds,
  },
];

const fullName = (name: string) => `signalbox_embedding_${name}`;

/** What Prometheus reads of the embedder whenever it scrapes; nothing has a value while models load. */
export function registerEmbedderMetrics(
  registry: Registry,
  embedderStats: () => EmbedderStats | undefined,
): void {
  for (const row of rows) registerRow(registry, row, embedderStats);
  for (const { name, help, read } of histograms) {
    registerDistributions(registry, { name: fullName(name), help }, () => {
      const stats = embedderStats();
      const found = stats && read(stats);
      return found ? [{ labels: {}, distribution: found }] : [];
    });
  }
}

function registerRow(
  registry: Registry,
  row: Row | LabelledRow,
  embedderStats: () => EmbedderStats | undefined,
): void {
  const options = {
    name: fullName(row.name),
    help: row.help,
    labelNames: "label" in row ? [row.label] : [],
    registers: [registry],
    collect: () => {
      const stats = embedderStats();
      metric.reset();
      // A metric without labels begins at 0, which would say that a shared cache is down where there is none.
      if (!("label" in row)) metric.remove();
      if (!stats) return;
      if (!("label" in row)) return add({}, row.value(stats));
      for (const [value, count] of Object.entries(row.values(stats))) {
        add({ [row.label]: value }, count);
      }
    },
  };
  const metric = row.name.endsWith("_total") ? new Counter(options) : new Gauge(options);
  function add(labels: Record<string, string>, count: number | undefined): void {
    if (count !== undefined) metric.inc(labels, count);
  }
}

import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { EmbedderStats } from "../embed/embedder.ts";
import { registerEmbedderMetrics } from "./embedder-metrics.ts";
import { registerEventLoopDelay } from "./event-loop-delay.ts";
import { registerProcessLimits } from "./process-limits.ts";
import { registerCounter, registerHistogram } from "./series.ts";
import { registerStages } from "./stage-metrics.ts";

/** Upstream's DefBuckets, in seconds, with three below them: routing takes about a millisecond. */
const latencyBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const selectionBuckets = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1];
const tenths = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** [name, help, labels]. The llm_ names and labels are vllm-project/semantic-router's, so that its dashboards work. */
const counters = {
  requests: ["llm_model_requests_total", "Requests sent to each model", ["model"]],
  errors: ["llm_request_errors_total", "Requests that ended in an error", ["model", "reason"]],
  modifications: [
    "llm_model_routing_modifications_total",
    "Requests whose model was replaced",
    ["source_model", "target_model"],
  ],
  reasonCodes: [
    "llm_routing_reason_codes_total",
    "Requests by why their model was used",
    ["reason_code", "model"],
  ],
  signalExtractions: [
    "llm_signal_extraction_total",
    "Signals extracted",
    ["signal_type", "signal_name"],
  ],
  signalMatches: [
    "llm_signal_match_total",
    "Signals that a matching decision named",
    ["signal_type", "signal_name"],
  ],
  decisionEvaluations: ["llm_decision_evaluation_total", "Evaluations of the decisions", []],
  decisionMatches: [
    "llm_decision_match_total",
    "Requests that each decision won",
    ["decision_name"],
  ],
  selections: [
    "llm_model_selection_total",
    "Models chosen, by method and decision",
    ["method", "model", "decision"],
  ],
  fallbacks: [
    "llm_model_selection_fallback_total",
    "Requests that a failure sent to the default model",
    ["method", "decision", "reason"],
  ],
  promptChars: [
    "signalbox_prompt_chars_total",
    "Characters of text in the messages sent to each model",
    ["model"],
  ],
  rejections: [
    "signalbox_rejections_total",
    "Requests answered with an error by signalbox",
    ["code"],
  ],
} as const satisfies Record<string, readonly [string, string, readonly string[]]>;

const histograms = {
  routing: [
    "llm_model_routing_latency_seconds",
    "From the body's arrival to the answer",
    [],
    latencyBuckets,
  ],
  ttft: [
    "llm_model_ttft_seconds",
    "From the body's arrival to the backend's headers",
    ["model"],
    latencyBuckets,
  ],
  signal: [
    "llm_signal_extraction_latency_seconds",
    "Extracting a signal",
    ["signal_type"],
    latencyBuckets,
  ],
  decision: [
    "llm_decision_evaluation_latency_seconds",
    "Evaluating the decisions",
    [],
    latencyBuckets,
  ],
  decisionConfidence: [
    "llm_decision_confidence",
    "Confidence of decisions that won",
    ["decision_name"],
    tenths,
  ],
  selection: [
    "llm_model_selection_duration_seconds",
    "Choosing a model",
    ["method"],
    selectionBuckets,
  ],
  selectionConfidence: [
    "llm_model_selection_confidence",
    "Confidence of the decision",
    ["method"],
    tenths,
  ],
  classification: [
    "llm_classification_confidence",
    "Confidence of the most likely domain",
    ["category", "classification_method"],
    tenths,
  ],
  embedding: [
    "signalbox_embedding_latency_seconds",
    "Embedding a query, waiting and cache included",
    [],
    latencyBuckets,
  ],
} as const satisfies Record<
  string,
  readonly [string, string, readonly string[], readonly number[]]
>;

export type Metrics = ReturnType<typeof createMetrics>;

/** `embedderStats` is asked at each scrape; undefined while models load. */
export function createMetrics(embedderStats: () => EmbedderStats | undefined) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = mapValues(counters, ([name, help, labelNames]) =>
    registerCounter(registry, { name, help, labelNames }),
  );
  const histogram = mapValues(histograms, ([name, help, labelNames, buckets]) =>
    registerHistogram(registry, { name, help, labelNames }, buckets),
  );
  registerEmbedderMetrics(registry, embedderStats);
  registerEventLoopDelay(registry);
  registerProcessLimits(registry);
  const stages = registerStages(registry);
  const price = new Gauge({
    name: "signalbox_model_price",
    help: "What a million tokens cost, by the configuration",
    labelNames: ["model", "currency", "kind", "baseline"],
    registers,
  });
  const load = new Gauge({
    name: "signalbox_model_load_seconds",
    help: "How long each part took to load",
    labelNames: ["part"],
    registers,
  });
  const ready = new Gauge({
    name: "signalbox_ready",
    help: "1 when requests are routed",
    registers,
  });
  return { registry, counter, histogram, load, price, ready, stages };
}

function mapValues<Table extends Record<string, unknown>, Value>(
  table: Table,
  make: (row: Table[keyof Table]) => Value,
): { [Name in keyof Table]: Value } {
  const entries = Object.entries(table).map(([name, row]) => [
    name,
    make(row as Table[keyof Table]),
  ]);
  return Object.fromEntries(entries);
}

import { configuredModels } from "../config/configured-models.ts";
import type { RouterConfig } from "../config/schema.ts";
import type { ErrorCode } from "../errors.ts";
import type { Metrics } from "./metrics.ts";

/** Why a request gets the default model, of the reasons that an alert or a dashboard asks for. */
const fallbackReasons: readonly ErrorCode[] = [
  "body_truncated",
  "deadline_exceeded",
  "embedder_failed",
  "embedder_overloaded",
  "internal",
  "no_text",
];
const rejectionCodes: readonly ErrorCode[] = [
  "malformed_json",
  "invalid_request",
  "body_too_large",
];

/**
 * Series that begin at 0 instead of with their first event, which no rate would ever count, and the prices of the
 * configuration. Called for each configuration, also after a reload.
 */
export function startSeries({ counter, price }: Metrics, config: RouterConfig): void {
  for (const reason of fallbackReasons) {
    counter.fallbacks.inc({ method: "default", decision: "unknown", reason }, 0);
  }
  for (const code of rejectionCodes) counter.rejections.inc({ code }, 0);
  for (const model of configuredModels(config)) {
    counter.requests.inc({ model }, 0);
    counter.promptChars.inc({ model }, 0);
    for (const reason of ["upstream_4xx", "upstream_5xx"]) counter.errors.inc({ model, reason }, 0);
  }
  price.reset();
  const baseline = config.observability.price_baseline ?? config.default_model;
  for (const [model, { pricing }] of Object.entries(config.model_config)) {
    if (!pricing) continue;
    const labels = { model, currency: pricing.currency, baseline: `${model === baseline}` };
    price.set({ ...labels, kind: "prompt" }, pricing.prompt_per_1m);
    price.set({ ...labels, kind: "completion" }, pricing.completion_per_1m);
  }
}

import { expect, test } from "vitest";
import { RouterConfig } from "../config/schema.ts";
import { createMetrics } from "./metrics.ts";
import { startSeries } from "./start-series.ts";

const config = (price_baseline?: string) =>
  RouterConfig.parse({
    default_model: "small",
    model_config: {
      small: { pricing: { prompt_per_1m: 0.1, completion_per_1m: 0.4 } },
      large: { pricing: { currency: "EUR", prompt_per_1m: 3, completion_per_1m: 15 } },
      free: {},
    },
    observability: { ...(price_baseline && { price_baseline }) },
  });

async function linesOf(name: string, ...configs: RouterConfig[]): Promise<string[]> {
  const metrics = createMetrics(() => undefined);
  for (const one of configs) startSeries(metrics, one);
  const text = await metrics.registry.metrics();
  return text.split("\n").filter((line) => line.startsWith(`${name}{`));
}

test("prices are the configuration's, the baseline is the default model or the one that is named", async () => {
  expect(await linesOf("signalbox_model_price", config())).toEqual([
    'signalbox_model_price{model="small",currency="USD",baseline="true",kind="prompt"} 0.1',
    'signalbox_model_price{model="small",currency="USD",baseline="true",kind="completion"} 0.4',
    'signalbox_model_price{model="large",currency="EUR",baseline="false",kind="prompt"} 3',
    'signalbox_model_price{model="large",currency="EUR",baseline="false",kind="completion"} 15',
  ]);
});

test("after a reload the earlier prices are gone", async () => {
  const lines = await linesOf("signalbox_model_price", config(), config("large"));
  expect(lines).toHaveLength(4);
  expect(lines[2]).toContain('model="large",currency="EUR",baseline="true"');
});

test("what alerts ask for begins at 0, and a reload begins nothing anew", async () => {
  const metrics = createMetrics(() => undefined);
  startSeries(metrics, config());
  metrics.counter.fallbacks.inc({ method: "default", decision: "unknown", reason: "no_text" });
  startSeries(metrics, config());
  const text = await metrics.registry.metrics();
  const series = (reason: string) =>
    `llm_model_selection_fallback_total{method="default",decision="unknown",reason="${reason}"}`;
  expect(text).toContain(`${series("no_text")} 1`);
  expect(text).toContain(`${series("deadline_exceeded")} 0`);
  expect(text).toContain('llm_model_requests_total{model="free"} 0');
  expect(text).toContain('signalbox_rejections_total{code="malformed_json"} 0');
});

import { didYouMean } from "../nearest.ts";
import type { Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";

const exporterPath = ["observability", "tracing", "exporter"];

/** Files of the reference that name another exporter load as long as they leave tracing off. */
export function tracesCanBeSent({ observability }: RouterConfig): readonly Problem[] {
  const { enabled, exporter } = observability.tracing;
  const problems: Problem[] = [];
  if (enabled && exporter.type !== "otlp") {
    const message = `must be otlp, not ${exporter.type}; a collector can hand spans on to anything else`;
    problems.push({ path: [...exporterPath, "type"], message });
  }
  const fault = exporter.endpoint === undefined ? undefined : endpointFault(exporter.endpoint);
  if (fault) problems.push({ path: [...exporterPath, "endpoint"], message: fault });
  return problems;
}

function endpointFault(endpoint: string): string | undefined {
  if (/^[\w.-]+:\d{1,5}$/.test(endpoint) || /^\[[\da-f:.]+\]:\d{1,5}$/i.test(endpoint))
    return undefined;
  // Never quoted: it may hold a password.
  if (!URL.canParse(endpoint)) return "must be host:port, or an address of http:// or https://";
  const { protocol, username, password } = new URL(endpoint);
  if (protocol !== "http:" && protocol !== "https:") {
    return "must be host:port, or an address of http:// or https://";
  }
  if (username || password) {
    return "holds a name or password; give them in OTEL_EXPORTER_OTLP_HEADERS";
  }
  return undefined;
}

/** Savings against a model without a price would be the whole bill. */
export function baselineHasAPrice({
  observability,
  model_config,
}: RouterConfig): readonly Problem[] {
  const { price_baseline: name } = observability;
  if (name === undefined || model_config[name]?.pricing) return [];
  const priced = Object.keys(model_config).filter((model) => model_config[model]?.pricing);
  const message = `model '${name}' has no pricing in model_config${didYouMean(name, priced)}`;
  return [{ path: ["observability", "price_baseline"], message }];
}

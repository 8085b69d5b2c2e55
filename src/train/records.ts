import { domainNames } from "../domains.ts";

/** What one model answered to one query, and how well. */
export interface TrainingRecord {
  readonly query: string;
  readonly category: string;
  readonly model: string;
  /** 0 to 1. */
  readonly quality: number;
  readonly latencySeconds?: number;
  /** In the currency of the benchmark's prices. Nothing is fitted on it; validation reports it. */
  readonly cost?: number;
}

/** A line is a record, or holds nothing to learn from, or is wrong. */
export type Line =
  | { readonly record: TrainingRecord; readonly unknownCategory?: string }
  | { readonly skipped: "blank" | "failed" | "unscored" }
  | { readonly problem: string };

const known: ReadonlySet<string> = new Set(domainNames);

/** A model that answers in more than this was asleep, or the clock jumped. */
const maxLatencySeconds = 86_400;

/** Of one answer, in any currency. */
const maxCost = 1e9;

/** The fields of vllm-project/semantic-router's benchmark; others are ignored. */
export function parseLine(line: string): Line {
  if (line.trim() === "") return { skipped: "blank" };
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return { problem: "is not JSON" };
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return { problem: `holds ${shown(fields)}, not an object` };
  }
  return parseRecord(fields as Readonly<Record<string, unknown>>);
}

function parseRecord(fields: Readonly<Record<string, unknown>>): Line {
  const { query, model_name: model, performance: quality, response_time: latency } = fields;
  if (typeof query !== "string" || query.trim() === "") return wrong("query", query, "a text");
  if (typeof model !== "string" || model.trim() === "") return wrong("model_name", model, "a name");
  if (failed(fields)) return { skipped: "failed" };
  if (quality === undefined || quality === null) return { skipped: "unscored" };
  if (typeof quality !== "number" || !(quality >= 0 && quality <= 1)) {
    return wrong("performance", quality, "a number from 0 to 1");
  }
  const timed = latency !== undefined && latency !== null;
  if (timed && !(typeof latency === "number" && latency >= 0 && latency <= maxLatencySeconds)) {
    return wrong("response_time", latency, `seconds, from 0 to ${maxLatencySeconds}`);
  }
  const cost = fields["cost"] ?? fields["cost_usd"];
  const priced = cost !== undefined && cost !== null;
  if (priced && !(typeof cost === "number" && cost >= 0 && cost <= maxCost)) {
    return wrong("cost", cost, `a number from 0 to ${maxCost}`);
  }
  const category = typeof fields["category"] === "string" ? fields["category"] : "other";
  return {
    record: {
      query,
      model,
      quality,
      category: known.has(category) ? category : "other",
      ...(timed && { latencySeconds: latency as number }),
      ...(priced && { cost: cost as number }),
    },
    ...(!known.has(category) && { unknownCategory: category }),
  };
}

/**
 * A request that failed says nothing of the model. Upstream's benchmark has no `error`: it writes the failure as the
 * response, with performance 0, and its trainer learns from it.
 */
function failed({ error, response, performance }: Readonly<Record<string, unknown>>): boolean {
  if (error !== undefined && error !== null && error !== false && error !== "") return true;
  return performance === 0 && typeof response === "string" && response.startsWith("Error: ");
}

const wrong = (field: string, value: unknown, wanted: string): Line => ({
  problem:
    value === undefined ? `${field} is missing` : `${field} is ${shown(value)}, not ${wanted}`,
});

/** A value as a message may show it: never long, never a whole prompt. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

import { domainSignals } from "../../classify/signal.ts";
import type { Route } from "../../route.ts";
import { routeOrDefault } from "../../route-or-default.ts";
import type { Router } from "../../router.ts";
import { type Answer, failure, ok } from "./http.ts";

/** Classifying a batch is bounded like everything else. */
const maxTexts = 1000;
const patienceMs = 10_000;

interface Options {
  readonly return_probabilities?: boolean;
  readonly confidence_threshold?: number;
}

/** POST /api/v1/classify/intent: upstream's shape, with the domain as the category. */
export async function classifyIntent(
  router: Router,
  body: Record<string, unknown>,
): Promise<Answer> {
  const { text } = body;
  if (typeof text !== "string") return failure(400, "INVALID_INPUT", "text must be a string");
  if (text.trim() === "") return failure(400, "INVALID_INPUT", "text cannot be empty");
  const options = readOptions(body["options"]);
  if ("status" in options) return options;
  const route = await routeOrDefault(router, text, patienceMs);
  if (route.fault) return failure(503, "CLASSIFICATION_ERROR", route.fault.detail);
  const category = categoryOf(route, router, options);
  return ok({
    classification: {
      category,
      confidence: route.domains[0]?.confidence ?? 0,
      processing_time_ms: Math.round(route.timingsMs.total),
    },
    ...(options.return_probabilities && { probabilities: probabilities(route) }),
    recommended_model: route.model,
    routing_decision: route.decision ?? "",
    matched_signals: { domains: [category] },
    ...(route.decision !== undefined && {
      decision_result: {
        decision_name: route.decision,
        confidence: route.confidence,
        matched_rules: route.matchedRules,
      },
    }),
  });
}

/** POST /api/v1/classify/batch. */
export async function classifyBatch(
  router: Router,
  body: Record<string, unknown>,
): Promise<Answer> {
  const { texts, task_type } = body;
  if (texts === undefined) return failure(400, "INVALID_INPUT", "texts field is required");
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) {
    return failure(400, "INVALID_INPUT", "texts must be an array of strings");
  }
  if (texts.length === 0) return failure(400, "INVALID_INPUT", "texts array cannot be empty");
  if (texts.length > maxTexts)
    return failure(400, "INVALID_INPUT", `texts may hold ${maxTexts} at most`);
  if (task_type !== undefined && task_type !== "intent") {
    return failure(400, "INVALID_TASK_TYPE", "task_type must be intent");
  }
  const options = readOptions(body["options"]);
  if ("status" in options) return options;
  const started = performance.now();
  const results: { category: string; confidence: number; processing_time_ms: number }[] = [];
  for (const text of texts as string[]) {
    const route = await routeOrDefault(router, text, patienceMs);
    results.push({
      category: categoryOf(route, router, options),
      confidence: route.domains[0]?.confidence ?? 0,
      processing_time_ms: Math.round(route.timingsMs.total),
      ...(options.return_probabilities && { probabilities: probabilities(route) }),
    });
  }
  return ok({
    results,
    total_count: results.length,
    processing_time_ms: Math.round(performance.now() - started),
    statistics: statistics(results, router.config.classifier.category_model.threshold),
  });
}

function categoryOf(route: Route, router: Router, options: Options): string {
  const { category_model } = router.config.classifier;
  if (route.domains.length === 0) return category_model.fallback_category;
  const threshold = options.confidence_threshold ?? category_model.threshold;
  return domainSignals(route.domains, { ...category_model, threshold }, [])[0].name;
}

const probabilities = (route: Route): Record<string, number> =>
  Object.fromEntries(route.domains.map(({ name, confidence }) => [name, confidence]));

function statistics(
  results: readonly { category: string; confidence: number }[],
  threshold: number,
) {
  const distribution: Record<string, number> = {};
  for (const { category } of results) distribution[category] = (distribution[category] ?? 0) + 1;
  return {
    category_distribution: distribution,
    avg_confidence: results.reduce((sum, { confidence }) => sum + confidence, 0) / results.length,
    low_confidence_count: results.filter(({ confidence }) => confidence < threshold).length,
  };
}

function readOptions(value: unknown): Options | Answer {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object") return failure(400, "INVALID_INPUT", "options must be an object");
  const { return_probabilities, confidence_threshold } = value as Record<string, unknown>;
  if (confidence_threshold !== undefined && typeof confidence_threshold !== "number") {
    return failure(400, "INVALID_INPUT", "options.confidence_threshold must be a number");
  }
  return {
    return_probabilities: return_probabilities === true,
    ...(confidence_threshold !== undefined && { confidence_threshold }),
  };
}

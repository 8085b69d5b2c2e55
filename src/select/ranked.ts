import type { Selection } from "./selector.ts";

/**
 * The allowed models, best score first. Of equal scores the model that is better overall comes first, of equals in
 * that too the one whose name sorts first: never chance, and never the order of the configuration.
 */
export function ranked(
  models: readonly string[],
  scores: Float64Array,
  overall: Float64Array,
  allowed: readonly boolean[],
): Selection {
  const order = [...models.keys()].filter((model) => allowed[model]);
  const descending = (values: Float64Array, a: number, b: number): number =>
    (values[b] as number) - (values[a] as number);
  order.sort(
    (a, b) =>
      descending(scores, a, b) ||
      descending(overall, a, b) ||
      ((models[a] as string) < (models[b] as string) ? -1 : 1),
  );
  const [best] = order;
  if (best === undefined) throw new Error("unreachable: one model is allowed");
  return {
    model: models[best] as string,
    scores: order.map((model) => ({
      model: models[model] as string,
      score: scores[model] as number,
    })),
  };
}

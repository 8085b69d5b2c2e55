import type { Score, Selection } from "./selector.ts";

/**
 * Orders models, best score first. Of equal scores the model that is better overall comes first, of equals in that too
 * the one whose name sorts first: never chance, and never the order of the configuration.
 */
export function ranking(
  models: readonly string[],
  overall: Float64Array,
): (scores: Float64Array, allowed: readonly boolean[]) => Selection {
  const byMerit = [...models.keys()].sort(
    (a, b) =>
      (overall[b] as number) - (overall[a] as number) ||
      ((models[a] as string) < (models[b] as string) ? -1 : 1),
  );
  return (values, allowed) => {
    const scores: Score[] = [];
    for (const index of byMerit) {
      if (!allowed[index]) continue;
      const score = values[index] as number;
      // Behind its equals, which are better overall.
      let place = scores.length;
      while (place > 0 && (scores[place - 1] as Score).score < score) place--;
      scores.splice(place, 0, { model: models[index] as string, score });
    }
    const [best] = scores;
    if (!best) throw new Error("unreachable: one model is allowed");
    return { model: best.model, scores };
  };
}

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
  const order = new Uint32Array(models.length);
  return (values, allowed) => {
    let count = 0;
    for (const index of byMerit) {
      if (!allowed[index]) continue;
      const score = values[index] as number;
      // Behind its equals, which are better overall.
      let place = count++;
      while (place > 0 && (values[order[place - 1] as number] as number) < score) {
        order[place] = order[place - 1] as number;
        place--;
      }
      order[place] = index;
    }
    if (count === 0) throw new Error("unreachable: one model is allowed");
    const scores = new Array<Score>(count);
    for (let place = 0; place < count; place++) {
      const index = order[place] as number;
      scores[place] = { model: models[index] as string, score: values[index] as number };
    }
    return { model: models[order[0] as number] as string, scores };
  };
}

import type { Allowed } from "../candidates.ts";
import type { Score, Selection } from "../selector.ts";

export interface MachineRanking {
  /** By machine, to be filled for each query: its score, and how far that may be off. */
  readonly scores: Float64Array;
  readonly reaches: Float64Array;
  /** What the scores select, best first; undefined when they may be off by enough to change the first. */
  certain(allowed: Allowed): Selection | undefined;
}

/** `names` are the machines' models, of which one may have several, `models` all of these; `allowed` is by `models`. */
export function machineRanking(
  names: readonly string[],
  models: readonly string[],
): MachineRanking {
  const modelOf = names.map((name) => models.indexOf(name));
  const scores = new Float64Array(names.length);
  const reaches = new Float64Array(names.length);
  const order = new Uint32Array(names.length);
  const oneEach = new Set(names).size === names.length;

  /** Best first, of equals the first in the file. */
  function ordered(allowed: Allowed): number {
    let count = 0;
    for (let machine = 0; machine < names.length; machine++) {
      if (!allowed[modelOf[machine] as number]) continue;
      const score = scores[machine] as number;
      let place = count++;
      while (place > 0 && (scores[order[place - 1] as number] as number) < score) {
        order[place] = order[place - 1] as number;
        place--;
      }
      order[place] = machine;
    }
    return count;
  }

  function certain(allowed: Allowed): Selection | undefined {
    const count = ordered(allowed);
    if (count === 0) return undefined;
    const best = order[0] as number;
    const least = (scores[best] as number) - (reaches[best] as number);
    if (!Number.isFinite(least)) return undefined;
    const ranked = new Array<Score>(count);
    for (let place = 0; place < count; place++) {
      const machine = order[place] as number;
      const score = scores[machine] as number;
      const isRival = modelOf[machine] !== modelOf[best];
      // Also true for NaN.
      if (isRival && !(score + (reaches[machine] as number) < least)) return undefined;
      ranked[place] = { model: names[machine] as string, score };
    }
    return { model: names[best] as string, scores: oneEach ? ranked : bestOfEach(ranked) };
  }

  return { scores, reaches, certain };
}

function bestOfEach(ranked: readonly Score[]): readonly Score[] {
  const seen = new Set<string>();
  return ranked.filter(({ model }) => !seen.has(model) && seen.add(model));
}

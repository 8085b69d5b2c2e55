import type { SelectorAlgorithm } from "../select/selector.ts";
import { answered, type HeldOut } from "./held-out.ts";

/** Whose category went into a selector's feature vector: the record's, or the one that serving would find. */
export type CategoryOf = "record" | "predicted";

export type StrategyKind =
  | "oracle"
  | "selector"
  | "category table"
  | "best single"
  | "cheapest"
  | "always"
  | "random";

/** A way to choose a model for each held-out query. */
export interface Strategy {
  readonly name: string;
  readonly kind: StrategyKind;
  readonly algorithm?: SelectorAlgorithm;
  readonly category?: CategoryOf;
  /** Of kinds that choose one model for all. */
  readonly model?: string;
  /**
   * By query and model, row-major: with which probability the model is chosen. A row sums to 1, or to 0 where the
   * strategy has no answer to look up. So a random choice needs no dice: its figures are expectations.
   */
  readonly weights: Float64Array;
  /** Queries on which the selector refused; they count as the best single model. */
  readonly refused?: number;
}

/** One model a query; -1 for none. */
export function certain(chosen: ArrayLike<number>, width: number): Float64Array {
  const weights = new Float64Array(chosen.length * width);
  for (let row = 0; row < chosen.length; row++) {
    const model = chosen[row] as number;
    if (model >= 0) weights[row * width + model] = 1;
  }
  return weights;
}

/** The best answer; of equally good ones the cheapest, then the fastest, then the first name. */
export function oracle(held: HeldOut): Strategy {
  const { models, qualities, costs, latencies, queries } = held;
  const chosen = queries.map((_, row) => {
    const cell = (model: number): number => row * models.length + model;
    return answered(held, row).reduce((best, other) => {
      const difference =
        (qualities[cell(other)] as number) - (qualities[cell(best)] as number) ||
        (costs ? (costs[cell(best)] as number) - (costs[cell(other)] as number) : 0) ||
        (latencies ? (latencies[cell(best)] as number) - (latencies[cell(other)] as number) : 0);
      return difference > 0 ? other : best;
    });
  });
  return { name: "Oracle (best)", kind: "oracle", weights: certain(chosen, models.length) };
}

/** Each of the models that answered, equally often. */
export function randomChoice(held: HeldOut): Strategy {
  const width = held.models.length;
  const weights = new Float64Array(held.queries.length * width);
  held.queries.forEach((_, row) => {
    const known = answered(held, row);
    for (const model of known) weights[row * width + model] = 1 / known.length;
  });
  return { name: "Random Selection", kind: "random", weights };
}

export function always(held: HeldOut, model: number): Strategy {
  const { models, queries } = held;
  const chosen = queries.map((_, row) => (answered(held, row).includes(model) ? model : -1));
  const name = models[model] as string;
  return {
    name: `Always ${name}`,
    kind: "always",
    model: name,
    weights: certain(chosen, models.length),
  };
}

/**
 * The model of highest `merit`, or where it did not answer the next: what one would use without a router. `merit` is by
 * model, known before; NaN where nothing is known.
 */
export function byMerit(
  held: HeldOut,
  merit: Float64Array,
  { name, kind }: Pick<Strategy, "name" | "kind">,
): Strategy {
  const { models, queries } = held;
  const worth = (model: number): number => {
    const value = merit[model] as number;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const order = [...models.keys()].sort((a, b) => worth(b) - worth(a) || a - b);
  const chosen = queries.map((_, row) => {
    const known = answered(held, row);
    return order.find((model) => known.includes(model)) ?? -1;
  });
  return {
    name,
    kind,
    model: models[order[0] as number] as string,
    weights: certain(chosen, models.length),
  };
}

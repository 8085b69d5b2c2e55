import { meanOf } from "../math/bootstrap.ts";
import type { Selector } from "../select/selector.ts";
import { selectOrNone } from "./choose-each.ts";
import { answered, type HeldOut } from "./held-out.ts";

/**
 * RouteLLM's metrics of a router between a weak and a strong model (Ong et al. 2024, arXiv 2406.18665, section 3;
 * routellm/evals/evaluate.py). RouteLLM samples the curve at ten thresholds; here it is exact.
 */
export interface PairFigures {
  readonly weak: string;
  readonly strong: string;
  readonly queries: number;
  readonly weakQuality: number;
  readonly strongQuality: number;
  /** Average performance gap recovered; chance has 0.5. Null where the strong model is no better. */
  readonly apgr: number | null;
  /** Share of calls to the strong model, 0 to 1, that recovers 50 % and 80 % of the gap. */
  readonly cpt50: number | null;
  readonly cpt80: number | null;
}

/** A point of the curve: share of queries sent to the strong model, and mean quality. */
interface Point {
  readonly share: number;
  readonly quality: number;
}

/** Queries that both models answered, and by how much the selector prefers the strong one. Undefined where it cannot. */
export function judgePair(
  held: HeldOut,
  categories: readonly string[],
  selector: Selector,
  [weak, strong]: readonly [string, string],
): PairFigures | undefined {
  const columns = [held.models.indexOf(weak), held.models.indexOf(strong)];
  if (columns.includes(-1) || ![weak, strong].every((name) => selector.models.includes(name))) {
    return undefined;
  }
  const queries = [...held.queries.keys()].filter((row) => {
    const known = answered(held, row);
    return columns.every((column) => known.includes(column));
  });
  if (queries.length === 0) return undefined;
  const selections = selectOrNone(held, categories, selector, queries, [weak, strong]);
  if (!selections) return undefined;
  const preference = selections.map(({ scores }) => {
    const of = (name: string) => scores.find(({ model }) => model === name)?.score;
    // A kmeans file without scores may name one of them only.
    return (of(strong) ?? Number.NEGATIVE_INFINITY) - (of(weak) ?? Number.NEGATIVE_INFINITY);
  });
  const quality = (column: number) =>
    queries.map((row) => held.qualities[row * held.models.length + column] as number);
  const figures = pairFigures(
    preference,
    quality(columns[0] as number),
    quality(columns[1] as number),
  );
  return { weak, strong, ...figures };
}

/** By query: preference for the strong model, and the quality of either. */
export function pairFigures(
  preference: readonly number[],
  weak: readonly number[],
  strong: readonly number[],
): Omit<PairFigures, "weak" | "strong"> {
  const [weakQuality, strongQuality] = [meanOf(weak), meanOf(strong)];
  const gap = strongQuality - weakQuality;
  const base = { queries: weak.length, weakQuality, strongQuality };
  if (!(gap > 0)) return { ...base, apgr: null, cpt50: null, cpt80: null };
  const curve = curveOf(preference, weak, strong);
  const reached = (part: number) => firstShare(curve, weakQuality + part * gap);
  return {
    ...base,
    apgr: (area(curve) - weakQuality) / gap,
    cpt50: reached(0.5),
    cpt80: reached(0.8),
  };
}

/** Queries go to the strong model in order of preference; those of equal preference at once, so a line joins them. */
function curveOf(
  preference: readonly number[],
  weak: readonly number[],
  strong: readonly number[],
): readonly Point[] {
  const count = preference.length;
  const order = [...preference.keys()].sort((a, b) => {
    const [x, y] = [preference[a] as number, preference[b] as number];
    return x === y ? a - b : y - x;
  });
  let sum = weak.reduce((total, value) => total + value, 0);
  const curve: Point[] = [{ share: 0, quality: sum / count }];
  order.forEach((row, at) => {
    sum += (strong[row] as number) - (weak[row] as number);
    const next = order[at + 1];
    if (next !== undefined && preference[next] === preference[row]) return;
    curve.push({ share: (at + 1) / count, quality: sum / count });
  });
  return curve;
}

const pairsOf = (curve: readonly Point[]): readonly (readonly [Point, Point])[] =>
  curve.slice(1).map((point, at) => [curve[at] as Point, point]);

const area = (curve: readonly Point[]): number =>
  pairsOf(curve).reduce(
    (sum, [from, to]) => sum + ((to.share - from.share) * (from.quality + to.quality)) / 2,
    0,
  );

function firstShare(curve: readonly Point[], quality: number): number {
  for (const [from, to] of pairsOf(curve)) {
    if (to.quality < quality) continue;
    if (from.quality >= quality) return from.share;
    const part = (quality - from.quality) / (to.quality - from.quality);
    return from.share + part * (to.share - from.share);
  }
  return 1;
}

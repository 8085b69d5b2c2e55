import { RouterError } from "../errors.ts";
import type { Examples } from "./examples.ts";
import { type QuerySample, querySample } from "./query-sample.ts";
import type { TrainingRecord } from "./records.ts";

export interface ExamplesOptions {
  /** Most queries kept; of more, a sample by their hashes. */
  readonly maxQueries?: number;
  /** Of the sample. */
  readonly seed?: number;
  /** Characters of the kept queries; as `maxQueries`. */
  readonly maxCharacters?: number;
  /** Rooms for answers, query by model; more are refused. */
  readonly maxCells?: number;
}

/** Records in, one at a time, and nothing kept of them but their queries and sums. */
export interface GatheredExamples {
  add(record: TrainingRecord): void;
  /** How many were added. */
  readonly records: number;
  /** Those of kept queries that were neither the first nor the only answer of a model to a query. */
  readonly duplicates: number;
  /** Distinct queries that were added: their number, or an estimate of it when not all are kept. */
  readonly queriesSeen: number;
  examples(): Examples;
}

/** 256 MB of text. */
const defaultMaxCharacters = 128 * 1024 ** 2;

/** 450 MB. */
const defaultMaxCells = 16 * 1024 ** 2;

/** Above the limit the queries of highest hash are dropped, not one by one. */
const slack = 1.125;

interface Query {
  readonly category: string;
  readonly place: number;
  /** Its row in the columns. One that was dropped leaves its row to another. */
  readonly row: number;
}

interface Column {
  counts: Uint32Array;
  qualities: Float64Array;
  latencies: Float64Array;
  costs: Float64Array;
}

export function gatherExamples({
  maxQueries = Number.POSITIVE_INFINITY,
  seed = 0,
  maxCharacters = defaultMaxCharacters,
  maxCells = defaultMaxCells,
}: ExamplesOptions = {}): GatheredExamples {
  const sample = querySample(seed);
  const queries = new Map<string, Query>();
  const columns = new Map<string, Column>();
  const free: number[] = [];
  let [records, characters, capacity] = [0, 0, 1024];

  function rowOf(query: string, category: string): number | undefined {
    const known = queries.get(query);
    if (known) return known.row;
    const place = sample.placeOf(query);
    if (place === undefined) return undefined;
    const row = free.pop() ?? queries.size;
    queries.set(query, { category, place, row });
    characters += query.length;
    if (row >= capacity) grow();
    return row;
  }

  function grow(): void {
    capacity *= 2;
    assertFits(capacity, columns.size, maxCells);
    for (const column of columns.values()) {
      column.counts = longer(column.counts, new Uint32Array(capacity));
      column.qualities = longer(column.qualities, new Float64Array(capacity));
      column.latencies = longer(column.latencies, new Float64Array(capacity));
      column.costs = longer(column.costs, new Float64Array(capacity));
    }
  }

  function columnOf(model: string): Column {
    const known = columns.get(model);
    if (known) return known;
    assertFits(capacity, columns.size + 1, maxCells);
    const table = () => new Float64Array(capacity);
    const column = {
      ...{ counts: new Uint32Array(capacity), qualities: table() },
      ...{ latencies: table(), costs: table() },
    };
    columns.set(model, column);
    return column;
  }

  /** Drops the queries of highest place until no more than `most` are left, and no more text than allowed. */
  function shrink(most: number): void {
    const byPlace = [...queries].sort(([, a], [, b]) => a.place - b.place);
    let kept = 0;
    let left = 0;
    for (const [query] of byPlace) {
      if (kept === most || left + query.length > maxCharacters) break;
      left += query.length;
      kept++;
    }
    for (const [query, { row }] of byPlace.slice(kept)) {
      queries.delete(query);
      free.push(row);
      for (const { counts, qualities, latencies, costs } of columns.values()) {
        counts[row] = qualities[row] = latencies[row] = costs[row] = 0;
      }
    }
    characters = left;
    const next = byPlace[kept];
    if (next) sample.narrow(next[1].place);
  }

  return {
    add({ query, category, model, quality, latencySeconds = Number.NaN, cost = Number.NaN }) {
      records++;
      const row = rowOf(query, category);
      if (row === undefined) return;
      const { counts, qualities, latencies, costs } = columnOf(model);
      counts[row]!++;
      qualities[row]! += quality;
      latencies[row]! += latencySeconds;
      costs[row]! += cost;
      if (queries.size > slack * maxQueries || characters > slack * maxCharacters)
        shrink(maxQueries);
    },
    get records() {
      return records;
    },
    get duplicates() {
      let count = 0;
      for (const { counts } of columns.values()) {
        for (const times of counts) if (times > 1) count += times - 1;
      }
      return count;
    },
    get queriesSeen() {
      return seen(sample, queries.size);
    },
    examples() {
      if (queries.size > maxQueries || characters > maxCharacters) shrink(maxQueries);
      return tables(queries, columns);
    },
  };
}

function tables(
  queries: ReadonlyMap<string, Query>,
  columns: ReadonlyMap<string, Column>,
): Examples {
  const kept = [...queries.values()];
  const answered = ({ counts }: Column) => kept.some(({ row }) => (counts[row] as number) > 0);
  const models = [...columns.keys()].filter((name) => answered(columns.get(name) as Column)).sort();
  const width = models.length;
  const cells = kept.length * width;
  const [qualities, latencies, costs] = [
    new Float64Array(cells),
    new Float64Array(cells),
    new Float64Array(cells),
  ];
  let [timed, priced] = [true, true];
  models.forEach((name, at) => {
    const column = columns.get(name) as Column;
    kept.forEach(({ row }, query) => {
      const cell = query * width + at;
      const count = column.counts[row] as number;
      // 0 / 0 is NaN, which is what an empty cell shall hold.
      qualities[cell] = (column.qualities[row] as number) / count;
      latencies[cell] = (column.latencies[row] as number) / count;
      costs[cell] = (column.costs[row] as number) / count;
      timed &&= count === 0 || !Number.isNaN(latencies[cell]);
      priced &&= count === 0 || !Number.isNaN(costs[cell]);
    });
  });
  return {
    queries: [...queries.keys()],
    categories: kept.map(({ category }) => category),
    models,
    qualities,
    ...(timed && { latencies }),
    ...(priced && { costs }),
  };
}

function longer<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const seen = ({ limit }: QuerySample, kept: number): number =>
  limit < 1 ? Math.round(kept / limit) : kept;

function assertFits(queries: number, models: number, maxCells: number): void {
  if (queries * models <= maxCells) return;
  throw new RouterError(
    "training_data_invalid",
    `room for ${queries} queries times ${models} models is more than for ${maxCells} answers`,
    "Look whether model_name names models; else train on fewer queries, with --sample or --limit",
  );
}

import type { Model } from "./models.ts";
import type { Query } from "./queries.ts";
import type { Place } from "./results-file.ts";
import type { RowFacts } from "./row.ts";

/** Which model has answered which query, and where the row stands. */
export interface Plan {
  /** A row. Of two for the same query and model one without an error counts, else the later. */
  found(row: RowFacts, place: Place): void;
  /** The models that have rows. */
  asked(): ReadonlySet<string>;
  /** Forgets the rows whose error code `again` wants asked once more. */
  askAgain(again: (error: string) => boolean): void;
  /** Pairs that have a row. */
  rows(): number;
  /** What these models have yet to be asked, one model after the other: a server may have to load each. */
  missing(models: readonly Model[]): Generator<{ readonly model: Model; readonly query: Query }>;
  facts(): Iterable<RowFacts>;
  /** Places of all rows: model by model, the queries of each in order, then rows that are none of the plan's. */
  inOrder(): Iterable<Place>;
}

interface Found {
  readonly facts: Omit<RowFacts, "query">;
  readonly place: Place;
}

export function planOf(models: readonly Model[], queries: readonly Query[]): Plan {
  const modelAt = new Map(models.map(({ name }, at) => [name, at]));
  const queryAt = new Map(queries.map(({ text }, at) => [text, at]));
  const rows = models.map((): (Found | undefined)[] => new Array(queries.length));
  const others: Place[] = [];
  let count = 0;

  function found({ query, ...facts }: RowFacts, place: Place): void {
    const model = rows[modelAt.get(facts.model) ?? -1];
    const at = queryAt.get(query);
    if (!model || at === undefined) {
      others.push(place);
      return;
    }
    const before = model[at];
    if (before && before.facts.error === undefined && facts.error !== undefined) return;
    if (!before) count++;
    model[at] = { facts, place };
  }

  function* missing(asked: readonly Model[]): Generator<{ model: Model; query: Query }> {
    for (const model of asked) {
      const answered = rows[modelAt.get(model.name) ?? -1];
      for (const [at, query] of queries.entries()) if (!answered?.[at]) yield { model, query };
    }
  }

  return {
    found,
    asked: () => new Set(models.filter((_, at) => rows[at]?.some(Boolean)).map(({ name }) => name)),
    askAgain(again) {
      for (const model of rows) {
        for (const [at, row] of model.entries()) {
          if (row?.facts.error === undefined || !again(row.facts.error)) continue;
          model[at] = undefined;
          count--;
        }
      }
    },
    rows: () => count,
    missing,
    *facts() {
      for (const model of rows) {
        for (const [at, row] of model.entries()) {
          if (row) yield { ...row.facts, query: queries[at]?.text ?? "" };
        }
      }
    },
    *inOrder() {
      for (const model of rows) for (const row of model) if (row) yield row.place;
      yield* others;
    },
  };
}

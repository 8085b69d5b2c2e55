import type { Artifact } from "../../src/artifact/artifact.ts";
import { openReadable, openSelector } from "../../src/select/open-selector.ts";
import type { Selector } from "../../src/select/selector.ts";
import { type Contestant, ownContestant } from "../measure/turns.ts";
import { type Answer, answerOf } from "./answers.ts";
import { dimension, type Vectors } from "./synthetic.ts";

export const rowOf = ({ rows }: Vectors, row: number): Float32Array =>
  rows.subarray(row * dimension, (row + 1) * dimension);

/** signalbox's selector of the artifact, and its readable one, which is the reference of every comparison. */
export function ownContestants(artifact: Artifact, queries: Vectors): Contestant<Answer>[] {
  const one = (name: string, selector: Selector) =>
    ownContestant(
      name,
      // As in serving, where the vector has just been put together.
      (call) => rowOf(queries, call).slice(),
      (query) => selector.select(query),
      answerOf,
    );
  return [one("signalbox", openSelector(artifact)), one("readable", openReadable(artifact))];
}

/** Calls are batches of 64 queries: at once, and one by one. */
export function ownBatches(artifact: Artifact, queries: Vectors): Contestant<readonly string[]>[] {
  const selector = openSelector(artifact);
  const batch = (call: number) =>
    queries.rows.subarray(call * batchSize * dimension, (call + 1) * batchSize * dimension);
  return [
    ownContestant("signalbox, at once", batch, (rows) => selector.selectMany(rows), modelsOf),
    ownContestant(
      "signalbox, one by one",
      (call) => call,
      (call) =>
        Array.from({ length: batchSize }, (_, at) =>
          selector.select(rowOf(queries, call * batchSize + at)),
        ),
      modelsOf,
    ),
  ];
}

const modelsOf = (selections: readonly { model: string }[]): string[] =>
  selections.map(({ model }) => model);

export const batchSize = 64;

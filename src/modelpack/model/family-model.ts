import type { SparseRow } from "../../math/sparse-row.ts";
import type { Family } from "../../tasks.ts";
import { pairSpace, singleSpace } from "../features/feature-space.ts";
import { type FamilyModelFile, readModel } from "./model-file.ts";
import { confidencesOf, scoresOf } from "./scores.ts";

/** A family's model in memory. Calls must not overlap, which one thread sees to. */
export interface FamilyModel {
  /** First 12 hex digits of the sha-256 of its tensors. */
  readonly revision: string;
  /** Labels by task, for the tasks that it has. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** One text, or two for a pair; cleaned. The row serves every task of the family. */
  rowOf(texts: readonly string[]): SparseRow;
  /** Calibrated, of every label in the order of `labels`; together 1. */
  confidences(task: string, row: SparseRow): Float64Array;
}

/** Throws what `readModel` throws. */
export const openFamilyModel = (folder: string, family: Family): FamilyModel =>
  familyModelOf(readModel(folder, family));

export function familyModelOf(file: FamilyModelFile): FamilyModel {
  const { header, weights } = file;
  const temperatures = new Map(header.tasks.map(({ name, temperature }) => [name, temperature]));
  return {
    revision: header.sha256.slice(0, 12),
    labels: new Map(header.tasks.map(({ name, labels }) => [name, labels])),
    rowOf: rowReader(file),
    confidences(task, row) {
      const own = weights.get(task);
      const temperature = temperatures.get(task);
      if (!own || temperature === undefined) throw new Error(`unreachable: no task ${task} here`);
      return confidencesOf(scoresOf(row, own), temperature);
    },
  };
}

/** Apart, so that the words themselves, of which only hashes are needed, can be forgotten. */
function rowReader({ header, words, characters }: FamilyModelFile): FamilyModel["rowOf"] {
  const settings = {
    word: header.word_grams,
    character: header.character_grams ?? { min: 1, max: 1 },
    wordWeight: header.word_weight,
  };
  if (header.family === "pair") {
    const space = pairSpace(words, settings);
    return ([a = "", b = ""]) => space.rowOf(a, b);
  }
  const space = singleSpace(words, characters, settings);
  return ([text = ""]) => space.rowOf(text);
}

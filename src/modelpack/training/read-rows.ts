import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RouterError } from "../../errors.ts";
import { type Family, tasksOf } from "../../tasks.ts";
import { readLines } from "../../train/lines.ts";
import {
  cleaned,
  type PreparedRow,
  parsePreparedRow,
  preparedFileName,
  type Split,
  textsOf,
} from "../rows.ts";

/** A row as it is learnt from. */
export interface Row {
  /** Cleaned: one of a single row, two of a pair. */
  readonly texts: readonly string[];
  readonly task: string;
  readonly label: string;
  readonly source: string;
  /** Rows of one group are never on both sides of a cut. */
  readonly group: string;
}

export interface SplitRows {
  readonly rows: readonly Row[];
  /** Rows with nothing left of a text once it is clean. */
  readonly empty: number;
  /** Of the file's lines, in hex. */
  readonly sha256: string;
}

/**
 * Reads one prepared file. Undefined when it is not there. Rejects with RouterError `training_data_invalid`, which names
 * the line, for a row that is none, a task of another family and a label that its task does not have.
 */
export async function readSplit(
  folder: string,
  family: Family,
  split: Split,
): Promise<SplitRows | undefined> {
  const path = ["jsonl.gz", "jsonl"]
    .map((format) => join(folder, preparedFileName(family, split).replace("jsonl.gz", format)))
    .find((one) => existsSync(one));
  if (path === undefined) return undefined;
  const hash = createHash("sha256");
  const rows: Row[] = [];
  let empty = 0;
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === "") continue;
    hash.update(text).update("\n");
    const row = rowOf(parsePreparedRow(family, text, `${path}:${line}`));
    refuseUnknown(row, family, `${path}:${line}`);
    if (row.texts.includes("")) empty++;
    else rows.push(row);
  }
  return { rows, empty, sha256: hash.digest("hex") };
}

function rowOf(row: PreparedRow): Row {
  const { task, label, source } = row;
  const texts = textsOf(cleaned(row));
  return { texts, task, label, source, group: row.group ?? texts.join("\n").toLowerCase() };
}

function refuseUnknown({ task, label }: Row, family: Family, place: string): void {
  const known = tasksOf(family);
  const found = known.find(({ name }) => name === task);
  if (!found) {
    const names = known.map(({ name }) => name).join(", ");
    throw invalid(`${place}: ${shown(task)} is no task of family ${family}`, `Use one of ${names}`);
  }
  if (!found.labels.includes(label)) {
    throw invalid(
      `${place}: ${shown(label)} is no label of ${task}`,
      `Use one of ${found.labels.join(", ")}`,
    );
  }
}

const shown = (value: string): string => JSON.stringify(value.slice(0, 60));

const invalid = (detail: string, remedy: string): RouterError =>
  new RouterError("training_data_invalid", detail, remedy);

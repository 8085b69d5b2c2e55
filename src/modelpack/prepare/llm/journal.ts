import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { RouterError } from "../../../errors.ts";
import { type Family, labelKey } from "../../../tasks.ts";
import { type PreparedRow, parsePreparedRow } from "../../rows.ts";

/** Rows that were paid for and are in no split yet. */
export interface Journal {
  readonly rows: readonly PreparedRow[];
  /** The number of the next attempt of a label. */
  nextAttempt(task: string, label: string): number;
  /** On the disk when it returns, as far as the end of this process goes. */
  add(row: PreparedRow, attempt: number): void;
  /** Once its rows stand in the splits. */
  remove(): void;
  close(): void;
}

/**
 * Opens a family's journal, JSON lines, and reads what a run that was ended left. A line that was cut off is dropped:
 * the rows of its attempt are written anew. Throws RouterError `output_unwritable`.
 */
export function openJournal(path: string, family: Family): Journal {
  const rows: PreparedRow[] = [];
  const next = new Map<string, number>();
  const known = (task: string, label: string, attempt: number): void => {
    const name = labelKey(task, label);
    next.set(name, Math.max(next.get(name) ?? 0, attempt + 1));
  };
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const [at, line] of whole.split("\n").entries()) {
    if (line === "") continue;
    const row = parsePreparedRow(family, line, `${path}: line ${at + 1}`);
    rows.push(row);
    known(row.task, row.label, Number(JSON.parse(line).attempt ?? 0));
  }
  let file: number | undefined;

  function open(): number {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const opened = openSync(path, "a");
      if (whole !== text) ftruncateSync(opened, Buffer.byteLength(whole));
      return opened;
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  return {
    rows,
    nextAttempt: (task, label) => next.get(labelKey(task, label)) ?? 0,
    add(row, attempt) {
      file ??= open();
      try {
        writeSync(file, `${JSON.stringify({ ...row, attempt })}\n`);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    remove() {
      rmSync(path, { force: true });
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

const unwritable = (path: string, cause: unknown): RouterError =>
  new RouterError(
    "output_unwritable",
    `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    "Make the folder writable or free space; what was written is kept",
    { cause },
  );

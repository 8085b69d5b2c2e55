import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { writeAtomic } from "../../files/write-atomic.ts";
import type { Family } from "../../tasks.ts";
import { readLines } from "../../train/lines.ts";
import {
  cleaned,
  type PreparedRow,
  parsePreparedRow,
  preparedFileName,
  type Split,
  splits,
} from "../rows.ts";
import type { SplitRows } from "./assign-splits.ts";
import { readTable } from "./read-table.ts";

/** Rows that an earlier run wrote, and the side on which each stands. */
export interface Existing {
  readonly rows: readonly { readonly row: PreparedRow; readonly split: Split }[];
  /** Files that are not as they should be; what they hold is not used. */
  readonly warnings: readonly string[];
}

/**
 * The rows of a family in a folder: of each split the JSON lines, else the Parquet file, such as the reference writes.
 * A file that cannot be read ends it: its rows would be replaced by fewer. Rejects with RouterError
 * `training_data_invalid`.
 */
export async function readPrepared(folder: string, family: Family): Promise<Existing> {
  const rows: { row: PreparedRow; split: Split }[] = [];
  const warnings: string[] = [];
  for (const split of splits) {
    for await (const row of rowsIn(folder, family, split)) rows.push({ row, split });
  }
  if (rows.length > 0 && splits.some((split) => !rows.some((one) => one.split === split))) {
    warnings.push(`${folder}: ${family} has rows, but not of every split`);
  }
  return { rows, warnings };
}

async function* rowsIn(folder: string, family: Family, split: Split): AsyncGenerator<PreparedRow> {
  const lines = join(folder, preparedFileName(family, split));
  if (existsSync(lines)) {
    let number = 0;
    for await (const line of readLines(lines)) {
      number++;
      if (line.trim() !== "") yield parsePreparedRow(family, line, `${lines}: line ${number}`);
    }
    return;
  }
  const table = join(folder, preparedFileName(family, split, "parquet"));
  if (!existsSync(table)) return;
  let number = 0;
  for await (const row of readTable(table)) {
    const told = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
    const line = JSON.stringify({
      source: `prepared:${family}:${split}`,
      ...Object.fromEntries(told),
    });
    yield cleaned(parsePreparedRow(family, line, `${table}: row ${++number}`));
  }
}

/** Each split as JSON lines and as Parquet, each file whole or not at all. */
export async function writePrepared(
  folder: string,
  family: Family,
  rows: SplitRows,
): Promise<void> {
  for (const split of splits) {
    await writeAtomic(
      join(folder, preparedFileName(family, split)),
      gzipSync(rows[split].map((row) => `${JSON.stringify(row)}\n`).join("")),
    );
    await writeAtomic(
      join(folder, preparedFileName(family, split, "parquet")),
      parquetOf(rows[split], family),
    );
  }
}

function parquetOf(rows: readonly PreparedRow[], family: Family): Uint8Array {
  const texts = family === "pair" ? ["text_a", "text_b"] : ["text"];
  const columns = [...texts, "task", "label", "source", "group", "license"];
  const columnData = columns.map((name) => ({
    name,
    type: "STRING" as const,
    nullable: name === "group" || name === "license",
    data: rows.map((row) => (row as Readonly<Record<string, unknown>>)[name] ?? null),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

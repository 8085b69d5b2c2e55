import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

const machine = () => ({
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg(),
  node: process.version,
});

/** Writes bench/results/DATE-NAME.json and tells its path. */
export function writeResults(name: string, results: object): string {
  const date = new Date().toISOString().slice(0, 10);
  const folder = join(import.meta.dirname, "../results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${date}-${name}.json`);
  const whole = { date, machine: machine(), ...results };
  writeFileSync(path, `${JSON.stringify(whole, rounded, 1)}\n`);
  return path;
}

/** Four digits: the rest is noise that makes files differ. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/** A column for each property that a row has; numbers to three digits. */
export function showTable(title: string, rows: readonly object[]): void {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => {
    const values = new Map<string, unknown>(Object.entries(row));
    return names.map((name) => cell(values.get(name)));
  });
  const all = [names, ...cells];
  const widths = names.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  console.info(`\n${title}`);
  for (const row of all) {
    console.info(
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}

function cell(value: unknown): string {
  if (value === undefined) return "-";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

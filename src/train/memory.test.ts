import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const here = import.meta.dirname;

/** A module's text under a limit of the heap. The control shows that the limit is one. */
const underLimit = (script: string): Promise<{ readonly failed: boolean; readonly out: string }> =>
  new Promise((resolve) => {
    const args = ["--max-old-space-size=48", "--input-type=module", "-e", script];
    execFile(process.execPath, args, { cwd: here, timeout: 60_000 }, (error, out) =>
      resolve({ failed: error !== null, out }),
    );
  });

test("records are read in the memory of their distinct queries", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-memory-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "records.jsonl");
  const file = await open(path, "w");
  const models = Array.from({ length: 200 }, (_, at) => `model ${at}`);
  for (let query = 0; query < 200; query++) {
    const text = `question ${query} `.padEnd(3000, "why? ");
    const rows = models.map((model_name, at) =>
      JSON.stringify({ query: text, model_name, performance: (query + at) % 2, category: "law" }),
    );
    await file.write(`${rows.join("\n")}\n`);
  }
  await file.close();
  const whole = await underLimit(`
    const { readLines } = await import(${JSON.stringify(join(here, "lines.ts"))});
    const { parseLine } = await import(${JSON.stringify(join(here, "records.ts"))});
    const all = [];
    for await (const line of readLines(${JSON.stringify(path)})) all.push(parseLine(line));
    console.log(all.length);
  `);
  expect(whole).toEqual({ failed: true, out: "" });
  const streamed = await underLimit(`
    const { readExamples } = await import(${JSON.stringify(join(here, "read-examples.ts"))});
    const { examples, records } = await readExamples(${JSON.stringify(path)});
    console.log(records, examples.queries.length, examples.models.length);
  `);
  expect(streamed).toEqual({ failed: false, out: "40000 200 200\n" });
}, 120_000);

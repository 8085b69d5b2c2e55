import { join } from "node:path";
import { writeAtomic } from "../files/write-atomic.ts";
import { markdownOf } from "./markdown.ts";
import type { Report } from "./report.ts";

/** Writes report.json, report.md and report.html. Rejects with RouterError `output_unwritable`. */
export async function writeReport(report: Report, folder: string): Promise<readonly string[]> {
  // The library that draws takes a tenth of a second to load, which only a report is worth.
  const { htmlOf } = await import("./html.ts");
  const files = [
    ["report.json", `${JSON.stringify(report, null, 2)}\n`],
    ["report.md", markdownOf(report)],
    ["report.html", htmlOf(report)],
  ] as const;
  for (const [name, content] of files) await writeAtomic(join(folder, name), content);
  return files.map(([name]) => join(folder, name));
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import type { UploadFile } from "../hub/upload.ts";

/** A report has tables, not data. */
const maxReportBytes = 4 * 1024 * 1024;

/**
 * The report of `signalbox validate --report FOLDER`: its text, and its files as they are to be uploaded. Throws
 * RouterError `config_invalid` when the folder holds none.
 */
export function readValidation(folder: string): {
  readonly text: string;
  readonly files: readonly UploadFile[];
} {
  const remedy = "Give the folder that signalbox validate --report wrote";
  const refusal = { code: "config_invalid", remedy } as const;
  const path = join(folder, "report.md");
  const text = readBounded(path, maxReportBytes, {
    unreadable: refusal,
    tooLarge: refusal,
  }).toString("utf8");
  if (!/^\|.*\|.*\|\s*$/m.test(text)) {
    throw new RouterError("config_invalid", `${path} has no table of figures`, remedy);
  }
  const names = ["report.md", "report.json", "report.html"];
  const files = names
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => ({ path: `validation/${name}`, from: join(folder, name) }));
  return { text, files };
}

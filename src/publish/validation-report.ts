import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import type { UploadFile } from "../hub/upload.ts";
import type { SelectorFile } from "./selector-folder.ts";

/** A report has tables, not data. */
const maxReportBytes = 4 * 1024 * 1024;

/** Of report.json: what was validated. */
const Validated = z.object({
  selectors: z.array(z.object({ file: z.string(), sha256: z.string() })),
});

/**
 * The report of `signalbox validate --report FOLDER`: its text, and its files as they are to be uploaded. Throws
 * RouterError `config_invalid` when the folder holds none, or one of other model files than `selectors`.
 */
export function readValidation(
  folder: string,
  selectors: readonly SelectorFile[],
): {
  readonly text: string;
  readonly files: readonly UploadFile[];
} {
  const remedy = "Give the folder that signalbox validate --report wrote";
  const refusal = { code: "config_invalid", remedy } as const;
  const path = join(folder, "report.md");
  const read = (file: string) =>
    readBounded(file, maxReportBytes, { unreadable: refusal, tooLarge: refusal }).toString("utf8");
  const text = read(path);
  if (!/^\|.*\|.*\|\s*$/m.test(text)) {
    throw new RouterError("config_invalid", `${path} has no table of figures`, remedy);
  }
  const facts = join(folder, "report.json");
  const known = new Set(selectors.map(({ sha256 }) => sha256));
  for (const { file, sha256 } of validated(read(facts), facts, remedy)) {
    if (!known.has(sha256)) throw ofOthers(facts, file);
  }
  const names = ["report.md", "report.json", "report.html"];
  const files = names
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => ({ path: `validation/${name}`, from: join(folder, name) }));
  return { text, files };
}

function validated(text: string, path: string, remedy: string) {
  try {
    return Validated.parse(JSON.parse(text)).selectors;
  } catch {
    throw new RouterError("config_invalid", `${path} does not say what was validated`, remedy);
  }
}

const ofOthers = (path: string, file: string) =>
  new RouterError(
    "config_invalid",
    `${path} is of another ${file} than the folder has`,
    "Validate the files that are to be uploaded",
  );

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RouterError } from "../errors.ts";
import type { UploadFile } from "../hub/upload.ts";
import { modelCard, withValidation } from "./model-card.ts";
import { readSelectorFolder } from "./selector-folder.ts";
import { readValidation } from "./validation-report.ts";

export interface SelectorUpload {
  readonly modelFolder: string;
  readonly repository: string;
  /** Folder of a validation report. */
  readonly report?: string | undefined;
}

/**
 * The files of a repository of selectors: the model files, what tells of them, and a card with the validation's tables.
 * A README.md of the folder goes before a made one.
 */
export async function selectorFiles({
  modelFolder,
  repository,
  report,
}: SelectorUpload): Promise<readonly UploadFile[]> {
  const { selectors, beside } = await readSelectorFolder(modelFolder);
  const validation = report === undefined ? undefined : readValidation(report, selectors);
  const own = join(modelFolder, "README.md");
  const text = existsSync(own) ? readFileSync(own, "utf8") : undefined;
  const card =
    text === undefined
      ? modelCard({ repository, selectors, validation: validation?.text })
      : validation === undefined
        ? text
        : withValidation(text, validation.text);
  const names = [
    ...selectors.map(({ name }) => name),
    ...beside.filter((one) => one !== "README.md"),
  ];
  return [
    { path: "README.md", text: card },
    ...names.map((name) => ({ path: name, from: join(modelFolder, name) })),
    ...(validation?.files ?? []),
  ];
}

/** A benchmark's records, under their own name. */
export function trainingDataFiles(file: string): readonly UploadFile[] {
  const path = basename(file);
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(path)) return [{ path, from: file }];
  throw new RouterError(
    "config_invalid",
    `${JSON.stringify(path)} is no name for a file of the hub`,
    "Give it a name of letters, digits, points, - and _",
  );
}

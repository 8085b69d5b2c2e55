import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import { repositoryText } from "../hub/repository.ts";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { downloadRecords, downloadSelectors } from "../publish/download-selectors.ts";
import { namedRepository } from "../publish/repositories.ts";
import { type Algorithm, algorithms, readSelectorFolder } from "../publish/selector-folder.ts";
import { downloadProgress } from "./download-progress.ts";

export interface SelectorOptions {
  readonly repoId?: string;
  readonly repo?: string;
  readonly revision?: string;
  readonly algorithm?: "all" | Algorithm;
  readonly outputDir?: string;
  readonly trainingData?: boolean;
  readonly file?: string;
  readonly token?: string;
  readonly ifMissing?: boolean;
  readonly elseTrain?: string;
  readonly maxSize: number;
  readonly json?: boolean;
}

/** Fetches selectors, or a benchmark's records with --training-data. */
export async function downloadFiles(options: SelectorOptions, signal: AbortSignal): Promise<void> {
  const { trainingData = false, file, token, algorithm = "all", maxSize, json } = options;
  const outputDir = options.outputDir ?? (trainingData ? "." : "models");
  const repository = namedRepository({ ...options, repoId: options.repoId ?? options.repo });
  const progress = downloadProgress(process.stderr);
  const request = {
    settings: hubSettings({ ...process.env, ...(token && { HF_TOKEN: token }) }),
    patience: defaultPatience,
    signal,
    repository,
    outputFolder: resolve(outputDir),
    maxBytes: maxSize * 1e9,
    onProgress: progress.report,
  };
  try {
    const downloaded = trainingData
      ? { ...(await downloadRecords({ ...request, file })), missing: [] }
      : await downloadSelectors({ ...request, algorithm });
    progress.end();
    const { commit, files, fetchedBytes, missing } = downloaded;
    if (missing.length > 0)
      process.stderr.write(`warning: the repository has no ${missing.join(", ")} file\n`);
    const hashed = await Promise.all(
      files.map(async ({ path, bytes }) => ({
        path: join(outputDir, path),
        bytes,
        sha256: await sha256OfFile(join(request.outputFolder, path)),
      })),
    );
    const result = { repository: repository.id, commit, fetched_bytes: fetchedBytes, missing };
    const lines = [
      `${repositoryText({ ...repository, revision: commit })}`,
      ...hashed.map(({ path, bytes, sha256 }) => `${sha256}  ${bytes}  ${path}`),
    ];
    const text = json ? JSON.stringify({ ...result, files: hashed }) : lines.join("\n");
    process.stdout.write(`${text}\n`);
  } finally {
    progress.end();
  }
}

/**
 * Selectors from where they can be had: the folder, else the hub, else trained here. The last line on stdout says which it
 * was, and stderr why not the one before.
 */
export async function obtainSelectors(
  options: SelectorOptions,
  download: () => Promise<void>,
  train: (dataFile: string, outputDir: string) => Promise<unknown>,
): Promise<void> {
  const { algorithm = "all", outputDir: folder = "models", elseTrain, json } = options;
  const notice = (line: string) => process.stderr.write(`selectors: ${line}\n`);
  function chosen(selectors: "local" | "downloaded" | "trained", text: string): void {
    const line = json ? JSON.stringify({ selectors, folder }) : `selectors: ${text}`;
    process.stdout.write(`${line}\n`);
  }
  const lacking = await missingIn(folder, algorithm);
  if (lacking === undefined) return chosen("local", `local, ${folder}`);
  notice(`not local: ${lacking}`);
  try {
    await download();
    const still = await missingIn(folder, algorithm);
    if (still !== undefined) throw new RouterError("model_not_found", still, "Train them");
    chosen("downloaded", `downloaded into ${folder}`);
  } catch (thrown) {
    const { code, message } = RouterError.from(thrown);
    if (elseTrain === undefined || !mayTrain.has(code)) throw thrown;
    notice(`not downloaded: ${message}`);
    await train(elseTrain, folder);
    chosen("trained", `trained on ${elseTrain}, into ${folder}`);
  }
}

/** Of a fault in the folder or the options, training would be no remedy. */
const mayTrain: ReadonlySet<string> = new Set(["download_failed", "model_not_found"]);

/** Why the folder will not do. A file that is damaged is no reason to replace it: RouterError `artifact_invalid`. */
async function missingIn(
  folder: string,
  algorithm: "all" | Algorithm,
): Promise<string | undefined> {
  if (!existsSync(folder)) return `${folder} is not there`;
  const wanted = algorithm === "all" ? algorithms : [algorithm];
  const found = await readSelectorFolder(folder).catch((thrown: unknown) => {
    if (RouterError.from(thrown).code === "model_not_found") return { selectors: [] };
    throw thrown;
  });
  const lacking = wanted.filter((one) => !found.selectors.some((file) => file.algorithm === one));
  return lacking.length === 0 ? undefined : `${folder} has no ${lacking.join(", ")} file`;
}

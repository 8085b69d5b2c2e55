import { join } from "node:path";
import type { z } from "zod";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { type Downloaded, downloadRepository, type Progress } from "../hub/download.ts";
import type { HubAccess } from "../hub/list-files.ts";
import { repositoryText } from "../hub/repository.ts";
import { choiceOf, type ModelSource } from "./find-model.ts";
import { readJson } from "./model-description.ts";
import { type Dtype, isWeightsOf, modelFilesIn } from "./model-file.ts";
import { type ModelChoice, type ModelFolder, Provenance, readModelFolder } from "./model-folder.ts";

type HubSource = ModelSource & { readonly kind: "hub" };

export interface ModelDownload extends HubAccess {
  readonly choice: ModelChoice;
  /** A folder of its own, with a provenance.json; without it, the hub's cache. */
  readonly outputFolder?: string | undefined;
  readonly maxBytes: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface DownloadedModel extends Pick<Downloaded, "commit" | "files" | "fetchedBytes"> {
  readonly folder: ModelFolder;
}

/** Qwen3-Embedding-0.6B has 2.4 GB in fp32; what is much larger was not meant. */
export const defaultMaxBytes = 5e9;

/** Beside the model, where the repository has them: what it is and how its texts are read. */
const descriptions = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "1_Pooling/config.json",
  "sentence_bert_config.json",
  "modules.json",
];

/** Brings a model of the hub here. Rejects as `downloadRepository` and `readModelFolder` do. */
export async function downloadModel(
  source: HubSource,
  { choice, outputFolder, ...request }: ModelDownload,
): Promise<DownloadedModel> {
  const { repository } = source;
  const what = repositoryText(repository);
  const downloaded = await downloadRepository({
    ...request,
    repository,
    outputFolder,
    choose: (files) => chosenFiles(files, choice.dtype, what),
  });
  if (outputFolder !== undefined) await writeProvenance(source, choice, downloaded);
  const { commit, files, fetchedBytes } = downloaded;
  const folder = readModelFolder(downloaded.folder, choiceOf(source, choice));
  return { folder, commit, files, fetchedBytes };
}

function chosenFiles(files: readonly string[], dtype: Dtype | undefined, what: string): string[] {
  const present = new Set(files);
  const models = modelFilesIn((file) => present.has(file));
  const model = models.find((one) => dtype === undefined || one.dtype === dtype);
  if (!model) {
    const there = models.map((one) => `${one.dtype} (${one.file})`).join(", ") || "none";
    throw new RouterError(
      "model_not_found",
      `pretrained model not found: ${what} has no ${dtype ?? "ONNX"} model; there is ${there}`,
      "Choose a dtype that is there, or a repository with an ONNX export",
    );
  }
  if (!present.has("tokenizer.json")) {
    throw new RouterError(
      "model_not_found",
      `pretrained model not found: ${what} has no tokenizer.json`,
      "Choose a repository that has one, as every ONNX export for Transformers.js does",
    );
  }
  const weights = files.filter((file) => isWeightsOf(model.file, file));
  return [...descriptions.filter((file) => present.has(file)), model.file, ...weights];
}

/** Our own description of the folder. Another dtype of the same commit, downloaded before, stays listed. */
async function writeProvenance(
  source: HubSource,
  choice: ModelChoice,
  { folder, commit, files }: Downloaded,
): Promise<void> {
  const path = join(folder, "provenance.json");
  const before = readJson(path, Provenance);
  const { name, pooling, maxTokens, prefix } = choiceOf(source, choice);
  const hashes: z.infer<typeof Provenance>["files"] = before?.commit === commit ? before.files : {};
  for (const { path: file, bytes, hash } of files) {
    const known = hash.length === 64 ? hash : await sha256OfFile(join(folder, file));
    hashes[file] = { bytes, sha256: known };
  }
  const provenance = {
    name: name ?? source.repository.id,
    repository: source.repository.id,
    commit,
    ...(pooling && { pooling }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(prefix !== undefined && prefix !== "" && { prefix }),
    files: hashes,
  } satisfies z.infer<typeof Provenance>;
  await writeAtomic(path, `${JSON.stringify(provenance, undefined, 2)}\n`);
}

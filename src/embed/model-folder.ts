import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { invalid, readDescription, readJson } from "./model-description.ts";
import { type Dtype, dtypes, isWeightsOf, type ModelFile, modelFilesIn } from "./model-file.ts";
import type { Pooling } from "./pool.ts";

/** What a folder holds, known before a byte of its model is read. Plain data: it is sent to the worker. */
export interface ModelFolder {
  readonly path: string;
  /** `minilm-2l`, `qwen3`, ... */
  readonly name: string;
  readonly pooling: Pooling;
  /** Longer texts are cut. */
  readonly maxTokens: number;
  /** Relative to `path`. */
  readonly modelFile: string;
  /** What each file must hash to, by name; empty where nothing says it. */
  readonly sha256: Readonly<Record<string, string>>;
  /** Put before every text; part of the revision. */
  readonly prefix?: string | undefined;
}

/** What the caller knows or wants; it goes before what the folder says. */
export interface ModelChoice {
  /** Without it the first that is there: int8, fp32, fp16, q4. */
  readonly dtype?: Dtype | undefined;
  readonly name?: string | undefined;
  readonly pooling?: Pooling | undefined;
  readonly maxTokens?: number | undefined;
  readonly prefix?: string | undefined;
}

/** Our own folders, and those that `signalbox download --output` wrote, say what they are. */
export const Provenance = z.object({
  name: z.string().min(1),
  pooling: z.enum(["mean", "cls", "last-token"]).optional(),
  max_tokens: z.int().min(8).optional(),
  prefix: z.string().optional(),
  /** Of model.onnx, where that is not fp32. */
  dtype: z.enum(dtypes).optional(),
  repository: z.string().optional(),
  commit: z.string().optional(),
  files: z.record(
    z.string(),
    z.object({ bytes: z.int().optional(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

/** Throws RouterError `model_not_found`, or `artifact_invalid` when a description is not of its format. */
export function readModelFolder(folder: string, choice: ModelChoice = {}): ModelFolder {
  const path = resolve(folder);
  const provenance = readJson(join(path, "provenance.json"), Provenance);
  const { file: modelFile } = chosenFile(path, choice.dtype, provenance?.dtype);
  if (!existsSync(join(path, "tokenizer.json"))) throw notFound(join(path, "tokenizer.json"));

  const sha256 = provenance ? listed(provenance, path, modelFile) : contentNames(path, modelFile);
  const described = readDescription(path);
  const pooling = choice.pooling ?? provenance?.pooling ?? described.pooling;
  if (pooling === undefined) throw withoutPooling(path);
  const prefix = choice.prefix ?? provenance?.prefix ?? "";
  return {
    path,
    // What upstream trained its artifacts on is known by this name, whatever the folder is called.
    name: choice.name ?? provenance?.name ?? (described.qwen3 ? "qwen3" : basename(path)),
    pooling,
    maxTokens: choice.maxTokens ?? provenance?.max_tokens ?? described.maxTokens,
    modelFile,
    sha256,
    ...(prefix !== "" && { prefix }),
  };
}

function chosenFile(path: string, dtype: Dtype | undefined, said: Dtype = "fp32"): ModelFile {
  const found = modelFilesIn((file) => existsSync(join(path, file))).map((one) =>
    one.file === "model.onnx" ? { ...one, dtype: said } : one,
  );
  const chosen = found.find((one) => dtype === undefined || one.dtype === dtype);
  if (chosen) return chosen;
  if (found.length === 0) throw notFound(existsSync(path) ? join(path, "model.onnx") : path);
  throw new RouterError(
    "model_not_found",
    `pretrained model not found: ${path} has no ${dtype} model, only ${found.map(({ dtype, file }) => `${dtype} (${file})`).join(", ")}`,
    "Set embedding_models.dtype to one that is there, or fetch this one with `signalbox download --dtype`",
  );
}

/** The weights that `modelFile` reads from beside itself, relative to `path`. */
export function weightsBeside(path: string, modelFile: string): readonly string[] {
  const folder = dirname(modelFile);
  return readdirSync(join(path, folder))
    .map((file) => join(folder, file))
    .filter((file) => isWeightsOf(modelFile, file))
    .sort();
}

/** Of the files that provenance.json lists, those that are read: other dtypes may be listed beside. */
function listed({ files }: z.infer<typeof Provenance>, path: string, modelFile: string) {
  const read = [modelFile, ...weightsBeside(path, modelFile)];
  for (const file of [...read, "tokenizer.json"]) {
    if (!files[file]) throw invalid(join(path, "provenance.json"), `files has no ${file}`);
  }
  const isOther = (file: string) => /\.onnx([._]data(_\d+)?)?$/.test(file) && !read.includes(file);
  return Object.fromEntries(
    Object.entries(files).flatMap(([file, { sha256 }]) => (isOther(file) ? [] : [[file, sha256]])),
  );
}

/** In the hub's cache a large file is a link to its content, whose name is the content's sha-256. */
function contentNames(path: string, modelFile: string): Record<string, string> {
  const files = [modelFile, ...weightsBeside(path, modelFile), "tokenizer.json"];
  return Object.fromEntries(
    files.flatMap((file) => {
      const content = realpathSync(join(path, file));
      const isBlob =
        basename(dirname(content)) === "blobs" && /^[0-9a-f]{64}$/.test(basename(content));
      return isBlob ? [[file, basename(content)]] : [];
    }),
  );
}

export const notFound = (path: string) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${path} does not exist`,
    "Correct embedding_models.qwen3_model_path, download the model with `signalbox download`, or remove the setting to use the built-in model",
  );

const withoutPooling = (path: string) =>
  new RouterError(
    "artifact_invalid",
    `${path} does not say how the vectors of its tokens become one`,
    "Set embedding_models.pooling to mean, cls or last-token, as the model's card says, or copy its 1_Pooling folder",
  );

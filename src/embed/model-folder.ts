import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
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
  /** What each file must hash to, by name; none in a folder without provenance.json. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Our own folders say what they are. */
const Provenance = z.object({
  name: z.string().min(1),
  pooling: z.enum(["mean", "cls", "last-token"]),
  max_tokens: z.int().min(8),
  files: z.record(z.string(), z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** Those of the hub do not; these two files tell enough. */
const HubConfig = z.object({
  model_type: z.string().optional(),
  max_position_embeddings: z.int().min(8).optional(),
});
const HubPooling = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
});

/** Ours, then the layout of the hub's ONNX exports, int8 before float. */
const modelFiles = [
  "model.onnx",
  "onnx/model_quantized.onnx",
  "onnx/model_int8.onnx",
  "onnx/model.onnx",
];

/** Of hub models, which could read thousands: on one core int8 Qwen3 takes about 1.2 s for 512, far past a deadline. */
const defaultMaxTokens = 512;

const maxJsonBytes = 1024 * 1024;

/** Throws RouterError `model_not_found`, or `artifact_invalid` when a description is not of its format. */
export function readModelFolder(folder: string): ModelFolder {
  const path = resolve(folder);
  const modelFile = modelFiles.find((file) => existsSync(join(path, file)));
  if (!modelFile) throw notFound(existsSync(path) ? join(path, "model.onnx") : path);
  if (!existsSync(join(path, "tokenizer.json"))) throw notFound(join(path, "tokenizer.json"));
  const described = { path, modelFile };

  const provenance = readJson(join(path, "provenance.json"), Provenance);
  if (provenance) {
    const sha256 = Object.fromEntries(
      Object.entries(provenance.files).map(([file, of]) => [file, of.sha256]),
    );
    for (const file of [modelFile, "tokenizer.json"]) {
      if (!sha256[file]) throw invalid(join(path, "provenance.json"), `files has no ${file}`);
    }
    const { name, pooling, max_tokens: maxTokens } = provenance;
    return { ...described, name, pooling, maxTokens, sha256 };
  }

  const config = readJson(join(path, "config.json"), HubConfig) ?? {};
  const qwen3 = config.model_type === "qwen3";
  const pooling = readJson(join(path, "1_Pooling/config.json"), HubPooling);
  return {
    ...described,
    // What upstream trained its artifacts on is known by this name, whatever the folder is called.
    name: qwen3 ? "qwen3" : basename(path),
    pooling: pooling ? poolingOf(pooling) : qwen3 ? "last-token" : "mean",
    maxTokens: Math.min(defaultMaxTokens, config.max_position_embeddings ?? defaultMaxTokens),
    sha256: {},
  };
}

function poolingOf(pooling: z.infer<typeof HubPooling>): Pooling {
  if (pooling.pooling_mode_cls_token) return "cls";
  return pooling.pooling_mode_lasttoken ? "last-token" : "mean";
}

function readJson<T extends z.ZodType>(path: string, schema: T): z.infer<T> | undefined {
  if (!existsSync(path)) return undefined;
  const remedy = "Copy the folder again from where it came";
  const bytes = readBounded(path, maxJsonBytes, {
    unreadable: { code: "model_not_found", remedy },
    tooLarge: { code: "artifact_invalid", remedy },
  });
  try {
    return schema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (thrown) {
    const reason = thrown instanceof z.ZodError ? z.prettifyError(thrown) : String(thrown);
    throw invalid(path, reason);
  }
}

export const notFound = (path: string) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${path} does not exist`,
    "Correct embedding_models.qwen3_model_path, download the model with `signalbox download`, or remove the setting to use the built-in model",
  );

const invalid = (path: string, reason: string) =>
  new RouterError(
    "artifact_invalid",
    `${path}: ${reason}`,
    "Copy the folder again from where it came",
  );

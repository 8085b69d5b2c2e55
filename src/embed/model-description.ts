import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import { defaultMaxTokens } from "./known-models.ts";
import type { Pooling } from "./pool.ts";

/** What a folder of the hub tells about its model in files of its own; undefined where it does not. */
export interface ModelDescription {
  readonly qwen3: boolean;
  readonly pooling: Pooling | undefined;
  readonly maxTokens: number;
}

const Config = z.object({
  model_type: z.string().optional(),
  hidden_size: z.int().optional(),
  max_position_embeddings: z.int().min(8).optional(),
});

/** Sentence Transformers' files, of which many models have these three. */
const SentenceConfig = z.object({ max_seq_length: z.int().min(8).nullish() });
const Modules = z.array(z.object({ type: z.string() }));
const PoolingConfig = z.looseObject({ pooling_mode: z.string().optional() });

const poolings: Record<string, Pooling> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_lasttoken: "last-token",
  cls: "cls",
  mean: "mean",
  lasttoken: "last-token",
};

/** RoBERTa's family counts positions from behind its padding token, which is the second. */
const offsetPositions = /^(?:mpnet|.*roberta|camembert)$/;

const maxJsonBytes = 1024 * 1024;

/** Throws RouterError `artifact_invalid` when a file is not of its format, or asks for what signalbox cannot do. */
export function readDescription(path: string): ModelDescription {
  const config = readJson(join(path, "config.json"), Config) ?? {};
  const sentence = readJson(join(path, "sentence_bert_config.json"), SentenceConfig) ?? {};
  const modules = readJson(join(path, "modules.json"), Modules) ?? [];
  const dense = modules.find(({ type }) => type.endsWith(".Dense"));
  if (dense)
    throw invalid(
      join(path, "modules.json"),
      "its vectors pass a Dense layer, which its ONNX file lacks",
    );

  const { model_type: type = "", hidden_size: width = 0 } = config;
  // What upstream trains its artifacts on is Qwen3-Embedding-0.6B, whose vectors have 1024 numbers.
  const qwen3 = type === "qwen3" && width <= 1024;
  const positions = config.max_position_embeddings;
  const offset = offsetPositions.test(type) ? 2 : 0;
  return {
    qwen3,
    pooling:
      poolingIn(join(path, "1_Pooling/config.json")) ??
      (type === "qwen3" ? "last-token" : undefined),
    maxTokens: Math.min(
      defaultMaxTokens,
      sentence.max_seq_length ?? defaultMaxTokens,
      positions === undefined ? defaultMaxTokens : positions - offset,
    ),
  };
}

function poolingIn(path: string): Pooling | undefined {
  const config = readJson(path, PoolingConfig);
  if (!config) return undefined;
  const chosen = Object.entries(config)
    .filter(([key, value]) => key.startsWith("pooling_mode_") && value === true)
    .map(([key]) => key);
  if (config.pooling_mode !== undefined) chosen.push(config.pooling_mode);
  const [mode = "", ...more] = chosen;
  const pooling = more.length === 0 ? poolings[mode] : undefined;
  if (pooling) return pooling;
  throw invalid(
    path,
    `pooling ${chosen.join(" and ") || "is not said"}; signalbox has cls, mean and last-token`,
  );
}

/** Undefined when there is no such file. */
export function readJson<T extends z.ZodType>(path: string, schema: T): z.infer<T> | undefined {
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

export const invalid = (path: string, reason: string) =>
  new RouterError(
    "artifact_invalid",
    `${path}: ${reason}`,
    "Copy the folder again from where it came",
  );

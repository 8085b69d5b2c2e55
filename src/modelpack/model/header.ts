import { join } from "node:path";
import { z } from "zod";
import { RouterError } from "../../errors.ts";
import { readBounded } from "../../files/read-bounded.ts";
import { type Family, families, findTask } from "../../tasks.ts";

/** A model is a header, which people can read, and tensors. Nothing in either is ever run. */
export const headerName = (family: Family): string => `${family}_model.json`;

/**
 * Of the tensors with this sha-256: a new model never takes the name of the one that the header still names, so that
 * whoever stops between the two files leaves a model that opens.
 */
export const tensorsName = (family: Family, sha256: string): string =>
  `${family}_model-${sha256.slice(0, 12)}.safetensors`;

/** Of a family's tensors, whatever their hash. */
export const isTensorsName = (name: string, family: Family): boolean =>
  new RegExp(`^${family}_model(?:-[0-9a-f]{12})?\\.safetensors$`).test(name);

export const precisions = ["int8", "float32"] as const;
export type Precision = (typeof precisions)[number];

const Range = z.object({ min: z.int().positive().max(10), max: z.int().positive().max(10) });

const TaskHeader = z.object({
  name: z.string(),
  /** In the order of the columns of its weights. */
  labels: z.array(z.string()).min(2).max(255),
  /** Scores are divided by it, which makes confidences honest. */
  temperature: z.number().positive(),
});
export type TaskHeader = z.infer<typeof TaskHeader>;

export const ModelHeader = z.object({
  kind: z.literal("modelpack"),
  version: z.literal(1),
  family: z.enum(families),
  /** What wrote it. */
  tool: z.string(),
  word_grams: Range,
  /** Of single texts only. */
  character_grams: Range.nullable(),
  /** Length of the words' part of a row beside that of the characters, which is 1. */
  word_weight: z.number().positive(),
  word_terms: z.int().nonnegative(),
  character_terms: z.int().nonnegative(),
  /** Width of a row. */
  columns: z.int().positive(),
  precision: z.enum(precisions),
  tasks: z.array(TaskHeader).min(1),
  seed: z.int(),
  /** Of the training rows, and of the settings. */
  data_sha256: z.string(),
  settings_sha256: z.string(),
  /** Of the whole tensor file. */
  sha256: z.string(),
  /** Name of that file, beside the header; without it `{family}_model.safetensors`. */
  tensors: z.string().optional(),
});
export type ModelHeader = z.infer<typeof ModelHeader>;

/** What the header names, whether it is there or not. */
export const tensorsNameOf = ({ family, tensors }: ModelHeader): string =>
  tensors ?? `${family}_model.safetensors`;

/** Paths of what a family's model is read from: the header, and the tensors that it names if it can be read. */
export function modelFiles(folder: string, family: Family): readonly string[] {
  const header = join(folder, headerName(family));
  try {
    return [header, join(folder, tensorsNameOf(readHeader(folder, family)))];
  } catch {
    return [header];
  }
}

/** Throws RouterError `model_not_found` when it is missing, `artifact_invalid` when it is damaged. */
export function readHeader(folder: string, family: Family): ModelHeader {
  const path = join(folder, headerName(family));
  const text = readBounded(path, maxHeaderBytes, refusals).toString("utf8");
  const invalid = (detail: string, cause?: unknown): RouterError =>
    new RouterError("artifact_invalid", `${path}: ${detail}`, remedy, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("is not JSON", cause);
  }
  return parseHeader(json, family, invalid);
}

/** `invalid` makes the error that is thrown. */
export function parseHeader(
  json: unknown,
  family: Family,
  invalid: (detail: string) => RouterError,
): ModelHeader {
  const parsed = ModelHeader.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const header = parsed.data;
  if (header.family !== family) throw invalid(`is of family ${header.family}`);
  // A header must not lead out of its folder.
  if (!isTensorsName(tensorsNameOf(header), family))
    throw invalid("tensors: is no name of tensors");
  for (const { name, labels } of header.tasks) {
    const known = findTask(name);
    if (known?.family !== family) throw invalid(`has no task ${name} of family ${family} here`);
    const strange = labels.find((label) => !known.labels.includes(label));
    if (strange !== undefined) throw invalid(`task ${name} has no label ${strange}`);
    if (new Set(labels).size < labels.length) throw invalid(`task ${name} has a label twice`);
  }
  return header;
}

const maxHeaderBytes = 1024 ** 2;
const remedy = "Train it with signalbox modelpack train";
export const refusals = {
  unreadable: { code: "model_not_found", remedy },
  tooLarge: { code: "artifact_invalid", remedy },
} as const;

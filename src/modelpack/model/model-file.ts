import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { readSafetensors, type Tensor } from "../../artifact/safetensors.ts";
import type { Numbers } from "../../artifact/safetensors-dtype.ts";
import { tensor, writeSafetensors } from "../../artifact/safetensors-write.ts";
import { RouterError } from "../../errors.ts";
import { readBounded } from "../../files/read-bounded.ts";
import type { WeightedTerms } from "../features/count-terms.ts";
import { pairFactNames } from "../features/pair-facts.ts";
import { type Family, families, findTask } from "../tasks.ts";

/** A model is a header, which people can read, and tensors. Nothing in either is ever run. */
export const modelFileNames = (family: Family) => ({
  header: `${family}_model.json`,
  tensors: `${family}_model.safetensors`,
});

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
});
export type ModelHeader = z.infer<typeof ModelHeader>;

/** A weight of label l is `weights[column * labels + l] * scales[l]`. */
export interface TaskWeights {
  /** [columns][labels] */
  readonly weights: Int8Array | Float32Array;
  /** [labels] */
  readonly scales: Float32Array;
  /** [labels] */
  readonly intercepts: Float64Array;
}

export interface FamilyModelFile {
  readonly header: ModelHeader;
  readonly words: WeightedTerms;
  readonly characters: WeightedTerms;
  /** By name of the task, in the header's order. */
  readonly weights: ReadonlyMap<string, TaskWeights>;
}

/** The bytes of both files; the header's own hash is filled in. The same model gives the same bytes. */
export function modelBytes({ header, words, characters, weights }: FamilyModelFile): {
  readonly header: string;
  readonly tensors: Uint8Array;
  readonly sha256: string;
} {
  const tensors: Record<string, Tensor> = {
    word_terms: tensor(termBytes(words.terms)),
    word_idf: tensor(words.idf),
    character_terms: tensor(termBytes(characters.terms)),
    character_idf: tensor(characters.idf),
  };
  for (const [task, one] of weights) {
    const labels = one.intercepts.length;
    tensors[`${task}.weights`] = tensor(one.weights, labels);
    tensors[`${task}.scales`] = tensor(one.scales);
    tensors[`${task}.intercepts`] = tensor(one.intercepts);
  }
  const bytes = writeSafetensors(tensors, { format: "signalbox-modelpack-1" });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const text = `${JSON.stringify({ ...header, sha256 }, undefined, 2)}\n`;
  return { header: text, tensors: bytes, sha256 };
}

/** No n-gram holds a line break: words are letters, and characters come from runs without white space. */
const termBytes = (terms: readonly string[]): Uint8Array =>
  new TextEncoder().encode(terms.join("\n"));

/**
 * Reads a family's model. RouterError `model_not_found` when a file is missing, `artifact_invalid` when it is damaged,
 * of another format or holds what is no number.
 */
export function readModel(folder: string, family: Family): FamilyModelFile {
  const names = modelFileNames(family);
  const header = readHeader(join(folder, names.header), family);
  const path = join(folder, names.tensors);
  const refuse = (detail: string): never => {
    throw new RouterError("artifact_invalid", `${path}: ${detail}`, remedy);
  };
  const bytes = readBounded(path, maxTensorBytes, refusals);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== header.sha256)
    refuse(`its sha256 is ${actual}, ${names.header} says ${header.sha256}`);
  const { tensors } = readSafetensors(bytes, path);

  function values<T extends Numbers>(
    name: string,
    type: new (length: number) => T,
    shape: readonly number[],
  ): T {
    const found = tensors.get(name);
    if (!found) return refuse(`tensor ${name} is missing`);
    const fits =
      shape.length === found.shape.length && shape.every((side, i) => side === found.shape[i]);
    if (!(found.values instanceof type) || !fits) {
      return refuse(
        `tensor ${name} is ${found.dtype} [${found.shape.join(", ")}], not ${type.name} [${shape.join(", ")}]`,
      );
    }
    for (let i = 0; i < found.values.length; i++) {
      if (!Number.isFinite(found.values[i]))
        return refuse(`tensor ${name}[${i}] is ${found.values[i]}`);
    }
    return found.values;
  }

  function terms(name: "word" | "character", count: number): WeightedTerms {
    const encoded = tensors.get(`${name}_terms`)?.values;
    if (!(encoded instanceof Uint8Array)) return refuse(`tensor ${name}_terms is missing`);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let list: string[];
    try {
      list = encoded.length === 0 ? [] : decoder.decode(encoded).split("\n");
    } catch {
      return refuse(`tensor ${name}_terms is not UTF-8`);
    }
    if (list.length !== count) return refuse(`${name}_terms are ${list.length}, not ${count}`);
    return { terms: list, idf: values(`${name}_idf`, Float32Array, [count]) };
  }

  const words = terms("word", header.word_terms);
  const characters = terms("character", header.character_terms);
  const expected = columnsOf(family, words.terms.length, characters.terms.length);
  if (header.columns !== expected)
    refuse(`a row has ${expected} columns, the header says ${header.columns}`);
  const type = header.precision === "int8" ? Int8Array : Float32Array;
  const weights = header.tasks.map(({ name, labels }): [string, TaskWeights] => [
    name,
    {
      weights: values<Int8Array | Float32Array>(`${name}.weights`, type, [expected, labels.length]),
      scales: values(`${name}.scales`, Float32Array, [labels.length]),
      intercepts: values(`${name}.intercepts`, Float64Array, [labels.length]),
    },
  ]);
  return { header, words, characters, weights: new Map(weights) };
}

/** Width of a family's rows: a pair has its words three times, and facts. */
export const columnsOf = (family: Family, words: number, characters: number): number =>
  family === "pair" ? 3 * words + pairFactNames.length : words + characters;

function readHeader(path: string, family: Family): ModelHeader {
  const text = readBounded(path, maxHeaderBytes, refusals).toString("utf8");
  const invalid = (detail: string, cause?: unknown): RouterError =>
    new RouterError("artifact_invalid", `${path}: ${detail}`, remedy, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("is not JSON", cause);
  }
  const parsed = ModelHeader.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const header = parsed.data;
  if (header.family !== family) throw invalid(`is of family ${header.family}`);
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
/** 250,000 words and as many n-grams of characters, in float32, for all labels of the router family, take 120 MB. */
const maxTensorBytes = 1024 ** 3;
const remedy = "Train it with signalbox modelpack train";
const refusals = {
  unreadable: { code: "model_not_found", remedy },
  tooLarge: { code: "artifact_invalid", remedy },
} as const;

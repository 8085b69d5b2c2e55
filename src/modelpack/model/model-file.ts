import { createHash } from "node:crypto";
import { join } from "node:path";
import { readSafetensors, type Tensor } from "../../artifact/safetensors.ts";
import type { Numbers } from "../../artifact/safetensors-dtype.ts";
import { tensor, writeSafetensors } from "../../artifact/safetensors-write.ts";
import { RouterError } from "../../errors.ts";
import { readBounded } from "../../files/read-bounded.ts";
import type { Family } from "../../tasks.ts";
import type { WeightedTerms } from "../features/count-terms.ts";
import { pairFactNames } from "../features/pair-facts.ts";
import {
  headerName,
  type ModelHeader,
  parseHeader,
  readHeader,
  refusals,
  tensorsName,
  tensorsNameOf,
} from "./header.ts";

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

/**
 * The bytes of both files; the hash and the name of the tensors are filled in. The same model gives the same bytes.
 * Throws RouterError `training_data_invalid` for a header that `readModel` would refuse.
 */
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
  const { family } = header;
  const whole = { ...header, sha256, tensors: tensorsName(family, sha256) };
  const text = `${JSON.stringify(whole, undefined, 2)}\n`;
  parseHeader(JSON.parse(text), family, (detail) => {
    const sentence = `the model of family ${family} could not be opened again: ${detail}`;
    return new RouterError("training_data_invalid", sentence, "Change the settings of [train]");
  });
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
  const { header, path, bytes } = readFiles(folder, family);
  const refuse = (detail: string): never => {
    throw new RouterError("artifact_invalid", `${path}: ${detail}`, refusals.tooLarge.remedy);
  };
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== header.sha256)
    refuse(`its sha256 is ${actual}, ${headerName(family)} says ${header.sha256}`);
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

function readFiles(folder: string, family: Family) {
  for (;;) {
    const header = readHeader(folder, family);
    const path = join(folder, tensorsNameOf(header));
    try {
      return { header, path, bytes: readBounded(path, maxTensorBytes, refusals) };
    } catch (thrown) {
      // A training run that ends in this moment has named others, and removed these.
      if (readHeader(folder, family).sha256 === header.sha256) throw thrown;
    }
  }
}

/** Width of a family's rows: a pair has its words three times, and facts. */
export const columnsOf = (family: Family, words: number, characters: number): number =>
  family === "pair" ? 3 * words + pairFactNames.length : words + characters;

/** 250,000 words and as many n-grams of characters, in float32, for all labels of the router family, take 120 MB. */
const maxTensorBytes = 1024 ** 3;

import type { Pooling } from "./pool.ts";

/** A model that is known by name, so that nobody has to look up how it is used. */
export interface KnownModel {
  /** As artifacts carry it. */
  readonly name: string;
  /** Other names for it: upstream's, and the repository that it was published in, which has no int8 ONNX. */
  readonly aliases: readonly string[];
  /** Of the hub, with ONNX files. */
  readonly repository: string;
  readonly pooling: Pooling;
  /** Read of a text; more costs time beyond what it adds. */
  readonly maxTokens: number;
  /** What its card tells to put before a text; part of its revision, because it changes every vector. */
  readonly prefix: string;
}

/** Of hub models, which could read thousands: on one core int8 Qwen3 takes about 1.2 s for 512, far past a deadline. */
export const defaultMaxTokens = 512;

/**
 * Poolings and lengths are those of each repository's 1_Pooling/config.json and sentence_bert_config.json. Qwen3's card
 * has an instruction for queries that search documents; upstream trains and routes on the bare text, and so do we.
 */
export const knownModels: readonly KnownModel[] = [
  {
    name: "qwen3",
    aliases: ["mom-embedding-pro", "Qwen/Qwen3-Embedding-0.6B"],
    repository: "onnx-community/Qwen3-Embedding-0.6B-ONNX",
    pooling: "last-token",
    maxTokens: defaultMaxTokens,
    prefix: "",
  },
  {
    name: "gte",
    aliases: ["thenlper/gte-base"],
    repository: "Xenova/gte-base",
    pooling: "mean",
    maxTokens: 512,
    prefix: "",
  },
  {
    name: "mpnet",
    aliases: ["sentence-transformers/all-mpnet-base-v2"],
    repository: "Xenova/all-mpnet-base-v2",
    pooling: "mean",
    maxTokens: 384,
    prefix: "",
  },
  {
    // Its card: "query: " on both sides of a symmetric use. Upstream's trainer leaves it out.
    name: "e5",
    aliases: ["intfloat/e5-base-v2"],
    repository: "Xenova/e5-base-v2",
    pooling: "mean",
    maxTokens: 512,
    prefix: "query: ",
  },
  {
    name: "bge",
    aliases: ["BAAI/bge-base-en-v1.5"],
    repository: "Xenova/bge-base-en-v1.5",
    pooling: "cls",
    maxTokens: 512,
    prefix: "",
  },
];

/** By its name, an alias or its repository. */
export const knownModel = (name: string): KnownModel | undefined =>
  knownModels.find(
    (model) => [model.name, model.repository].includes(name) || model.aliases.includes(name),
  );

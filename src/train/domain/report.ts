import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeadDescription } from "../../classify/head-file.ts";
import { bestThreshold, type OutOfFold, verdictOf } from "./calibrate.ts";
import { type Figures, figuresBy, figuresByDomain, figuresOf, type Verdict } from "./figures.ts";
import { dataFiles } from "./read-sources.ts";
import type { Sample, SourceName } from "./sample.ts";

export interface Tested extends Verdict {
  readonly sample: Sample;
}

/** What a source is and under which terms. The texts themselves are not in the head, nor in this repository unless ours. */
const sources: Record<SourceName, { readonly origin: string; readonly licence: string }> = {
  "mmlu-pro": {
    origin: "TIGER-AI-Lab/MMLU-Pro eval_results @ f418b116, questions without options",
    licence: "Apache-2.0",
  },
  mmlu: {
    origin: "lm-sys/RouteLLM routellm/evals/mmlu/responses @ 0b64fdaf, questions without options",
    licence: "Apache-2.0",
  },
  "public-chat": {
    origin:
      "lmarena/arena-hard-auto, lm-sys/FastChat, vllm-project/semantic-router; labels by collection",
    licence: "Apache-2.0",
  },
  "own-chat": { origin: "models/default/training/chat", licence: "Apache-2.0, as this repository" },
  terms: { origin: "models/default/training/terms", licence: "Apache-2.0, as this repository" },
};

export interface Report {
  readonly head: {
    readonly sha256: string;
    readonly embedder: string;
    readonly temperature: number;
  };
  readonly settings: Readonly<Record<string, number>>;
  readonly sources: readonly { name: string; origin: string; licence: string; texts: number }[];
  /** sha-256 by file, so that one can tell what was learned from. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly cross_validation: Readonly<Record<string, Figures>>;
  readonly own_chat_by_kind: Readonly<Record<string, Figures>>;
  readonly own_chat_by_language: Readonly<Record<string, Figures>>;
  readonly threshold: { readonly threshold: number; readonly accuracy: number };
  readonly test: Readonly<Record<string, Figures>>;
  readonly public_chat_test: Readonly<Record<string, Figures>>;
  readonly held_out: Readonly<Record<string, Figures>>;
  readonly held_out_by_domain: Readonly<Record<string, Figures>>;
  readonly held_out_by_kind: Readonly<Record<string, Figures>>;
  readonly held_out_by_language: Readonly<Record<string, Figures>>;
}

export interface Trained {
  readonly description: HeadDescription;
  readonly settings: Readonly<Record<string, number>>;
  readonly inputs: { readonly data: string; readonly training: string };
  readonly train: readonly Sample[];
  readonly outOfFold: readonly OutOfFold[];
  readonly test: readonly Tested[];
  readonly heldOut: readonly Tested[];
}

export function reportOf(trained: Trained): Report {
  const { description, train, test, heldOut } = trained;
  const { sha256, temperature, embedder } = description;
  const crossValidated = trained.outOfFold.map((prediction) => ({
    ...verdictOf(prediction, temperature),
    sample: prediction.sample,
  }));
  const ownChat = crossValidated.filter(({ sample }) => sample.source === "own-chat");
  const chatTest = test.filter(({ sample }) => sample.source === "public-chat");
  return {
    head: { sha256, embedder: `${embedder.name} ${embedder.revision}`, temperature },
    settings: trained.settings,
    sources: Object.entries(sources).map(([name, source]) => ({
      name,
      ...source,
      texts: train.filter((sample) => sample.source === name).length,
    })),
    inputs: hashes(trained.inputs),
    cross_validation: figuresBy(crossValidated, ({ sample }) => sample.source),
    own_chat_by_kind: figuresBy(ownChat, ({ sample }) => sample.kind),
    own_chat_by_language: { ...englishOrNot(ownChat), ...figuresBy(ownChat, languageOf) },
    threshold: bestThreshold(ownChat),
    test: figuresBy(test, ({ sample }) => sample.source),
    public_chat_test: figuresBy(chatTest, ({ sample }) => sample.kind),
    held_out: { all: figuresOf(heldOut), ...englishOrNot(heldOut) },
    held_out_by_domain: figuresByDomain(heldOut),
    held_out_by_kind: figuresBy(heldOut, ({ sample }) => sample.kind),
    held_out_by_language: figuresBy(heldOut, languageOf),
  };
}

const languageOf = ({ sample }: Tested): string => sample.language;

const englishOrNot = (verdicts: readonly Tested[]): Record<string, Figures> =>
  figuresBy(verdicts, ({ sample }) => (sample.language === "en" ? "English" : "other languages"));

function hashes({ data, training }: Trained["inputs"]): Record<string, string> {
  const files = [
    ...Object.values(dataFiles).map((name) => ({ name: `data/${name}`, path: join(data, name) })),
    ...["chat", "terms"].flatMap((folder) =>
      readdirSync(join(training, folder))
        .sort()
        .map((name) => ({
          name: `training/${folder}/${name}`,
          path: join(training, folder, name),
        })),
    ),
    { name: "training/heldout.jsonl", path: join(training, "heldout.jsonl") },
  ];
  return Object.fromEntries(
    files.map(({ name, path }) => [
      name,
      createHash("sha256").update(readFileSync(path)).digest("hex"),
    ]),
  );
}

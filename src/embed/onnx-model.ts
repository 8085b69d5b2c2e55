import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RouterError } from "../errors.ts";
import { dot } from "../math/matrix.ts";
import type { Device } from "./device.ts";
import { embeddingDimension } from "./embedder.ts";
import type { ModelFolder } from "./model-folder.ts";
import { verifiedRevision } from "./model-revision.ts";
import type { NativeGate } from "./native-gate.ts";
import { openOnnxSession } from "./onnx-session.ts";
import { normalized, pooled } from "./pool.ts";
import { similarLengths } from "./similar-lengths.ts";
import { openTokenizer } from "./tokenize.ts";
import type { Answer, ModelFacts } from "./worker-messages.ts";

export interface OnnxModel extends ModelFacts {
  embed(texts: readonly string[]): Promise<Answer>;
}

/** Blocks its thread while it opens and while it runs, as onnxruntime-node does: for a worker, which has a gate. */
export async function openOnnxModel(
  folder: ModelFolder,
  gate?: NativeGate,
  device: Device = "cpu",
): Promise<OnnxModel> {
  const revision = await verifiedRevision(folder);
  try {
    const embed = await openParts(folder, gate, device);
    const exactBatches = await areBatchesExact(embed);
    return { revision, exactBatches, embed: (texts) => embed(texts, exactBatches) };
  } catch (thrown) {
    if (thrown instanceof RouterError) throw thrown;
    throw new RouterError(
      "artifact_invalid",
      `${folder.path} cannot be used as an embedder: ${messageOf(thrown)}`,
      "Use an ONNX export of a text encoder, with the tokenizer.json that belongs to it",
      { cause: thrown },
    );
  }
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

type Embed = (texts: readonly string[], together: boolean) => Promise<Answer>;

async function openParts(
  folder: ModelFolder,
  gate: NativeGate | undefined,
  device: Device,
): Promise<Embed> {
  const { path, modelFile, maxTokens, pooling, prefix } = folder;
  const text = (file: string) => readFile(join(path, file), "utf8");
  const config = await text("tokenizer_config.json").catch(() => "{}");
  const tokenize = openTokenizer(await text("tokenizer.json"), config, maxTokens, prefix);
  const session = await openOnnxSession(join(path, modelFile), gate, device);

  return async (texts, together) => {
    const started = performance.now();
    const vectors = new Float32Array(texts.length * embeddingDimension);
    const faults = new Array<string | undefined>(texts.length).fill(undefined);
    const tokens = texts.map((text, index) => {
      try {
        return tokenize(text);
      } catch (thrown) {
        faults[index] = messageOf(thrown);
        return { ids: [], truncated: false };
      }
    });

    async function run(group: readonly number[]): Promise<void> {
      try {
        const ids = group.map((index) => tokens[index]?.ids ?? []);
        const { numbers, sequence, width } = await session.run(ids);
        ids.forEach(({ length }, row) => {
          const hidden = { numbers, start: row * sequence * width, tokens: length, width };
          const at = (group[row] as number) * embeddingDimension;
          vectors.set(normalized(pooled(hidden, pooling)), at);
        });
      } catch (thrown) {
        const [index = 0, ...others] = group;
        // One text that the model cannot read must not fail those that happened to share its batch.
        if (others.length > 0) for (const alone of group) await run([alone]);
        else faults[index] ??= messageOf(thrown);
      }
    }
    const lengths = tokens.map(({ ids }) => ids.length);
    for (const group of together ? similarLengths(lengths) : [...lengths.keys()].map((i) => [i])) {
      await run(group);
    }

    return {
      vectors,
      tokens: lengths,
      truncated: tokens.map(({ truncated }) => truncated),
      faults,
      runMs: performance.now() - started,
    };
  };
}

/** Lengths that differ, so that some are padded. The first runs also pay for what onnxruntime does only once. */
const probes = [
  "What is the capital of France?",
  "Is it raining?",
  "Explain the law of supply and demand",
];

/**
 * Whether a text's neighbours leave its vector alone. int8 models with one scale per tensor do not (cosine 0.99), nor
 * do exports that get padding wrong; they read one text at a time. Throws when the model cannot read the probes.
 */
async function areBatchesExact(embed: Embed): Promise<boolean> {
  const alone = await embed(probes, false);
  const fault = alone.faults.find((reason) => reason !== undefined);
  if (fault) throw new Error(fault);
  const together = await embed(probes, true);
  return probes.every((_, index) => {
    const own = [index * embeddingDimension, (index + 1) * embeddingDimension] as const;
    return dot(alone.vectors.subarray(...own), together.vectors.subarray(...own)) > 0.999999;
  });
}

import { createHash } from "node:crypto";
import { domainNames } from "../../domains.ts";
import type { Embedder } from "../../embed/embedder.ts";
import { random } from "../../math/random.ts";
import type { TrainingRecord } from "../records.ts";

/** As wide as the vectors of `hashEmbedder`. */
const dimension = 16;

/** A vector for each text, by its hash, and near those of texts that begin with the same word. */
export function hashEmbedder(): Embedder {
  const noise = (text: string) => {
    const next = random(createHash("sha256").update(text).digest().readInt32LE());
    return Float64Array.from({ length: dimension }, () => next() - 0.5);
  };
  const embedded = (text: string) => {
    const [word = ""] = text.split(" ");
    const own = noise(text);
    const sum = noise(word).map((value, i) => value + 0.5 * (own[i] as number));
    const norm = Math.hypot(...sum);
    const vector = Float32Array.from(sum, (value) => value / norm);
    return { vector, tokens: 1, truncated: false, cached: false };
  };
  return {
    name: "hash",
    revision: "0123456789ab",
    dimension,
    pooling: "mean",
    normalized: true,
    embed: async (texts) => texts.map(embedded),
    stats: () => {
      throw new Error("not needed here");
    },
    close: async () => {},
  };
}

/** Queries in 14 categories, and models each of which is best in some of them. */
export function madeUpBenchmark(
  queries: number,
  models: readonly string[],
  { timed = false, seed = 1 } = {},
): readonly TrainingRecord[] {
  const next = random(seed);
  return Array.from({ length: queries }).flatMap((_, query) => {
    const topic = query % domainNames.length;
    return models.map((model, at): TrainingRecord => {
      const good = topic % models.length === at ? 0.8 : 0.4;
      return {
        query: `${domainNames[topic]?.slice(0, 5)} question ${query}`,
        category: domainNames[topic] ?? "other",
        model,
        quality: next() < good ? 1 : 0,
        ...(timed && { latencySeconds: 1 + 5 * at }),
      };
    });
  });
}

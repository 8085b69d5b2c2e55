import { classCount, styles } from "../../classify/head-file.ts";
import { weightedText } from "../../classify/weighted-text.ts";
import { domainNames } from "../../domains.ts";
import type { SparseRow } from "../../math/sparse-row.ts";
import { type NarrowVectors, narrowVectors } from "./narrow-vectors.ts";
import { rarityOf } from "./rarity.ts";
import { isExam, type Sample, type SourceName } from "./sample.ts";

/**
 * What a text counts in the fit. Exam questions of MMLU overlap with those of MMLU-Pro in kind; labels of public chat
 * come from the name of its collection and are noisy. Lines of terms are many and are no queries: less of them gives
 * English chat half a point in cross-validation and costs other languages nothing.
 */
const weightOf: Record<SourceName, number> = {
  "mmlu-pro": 1,
  mmlu: 0.5,
  "public-chat": 0.7,
  "own-chat": 1,
  terms: 0.4,
};

/** Length that a standardised vector has on average; text has length 1.4 (two blocks of 1). */
const vectorLength = 3;

/** Training samples as numbers. */
export interface Prepared {
  readonly samples: readonly Sample[];
  readonly rarity: Uint8Array;
  readonly text: readonly SparseRow[];
  readonly narrow: NarrowVectors;
  /** Per coordinate of `narrow`: `standard = (x - mean) * scale`. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** [rows][width] */
  readonly standard: Float32Array;
  readonly labels: Uint8Array;
  readonly weights: Float32Array;
}

export function prepare(
  samples: readonly Sample[],
  vectors: Float32Array,
  dimension: number,
): Prepared {
  const sentences = samples.filter(({ source }) => source !== "terms").map(({ text }) => text);
  const rarity = rarityOf(sentences);
  const narrow = narrowVectors(vectors, dimension);
  const { mean, scale } = moments(narrow, vectorLength / Math.sqrt(narrow.width));
  return {
    samples,
    rarity,
    text: samples.map(({ text }) => weightedText(text, rarity)),
    narrow,
    mean,
    scale,
    standard: narrow.rows.map((value, at) => {
      const i = at % narrow.width;
      return (value - (mean[i] as number)) * (scale[i] as number);
    }),
    labels: Uint8Array.from(samples, classOf),
    weights: Float32Array.from(samples, ({ source }) => weightOf[source]),
  };
}

/** A style's 14 domains stand together. */
export function classOf({ source, domain }: Sample): number {
  const style = styles.indexOf(isExam(source) ? "exam" : "chat");
  const index = style * domainNames.length + domainNames.indexOf(domain);
  if (index < 0 || index >= classCount) throw new Error("unreachable: samples have known domains");
  return index;
}

function moments({ rows, width }: NarrowVectors, length: number) {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < rows.length; at++) {
    const value = rows[at] as number;
    (mean[at % width] as number) += value / count;
    (squares[at % width] as number) += (value * value) / count;
  }
  const scale = mean.map((m, i) => {
    const variance = (squares[i] as number) - m * m;
    // A coordinate that never changes says nothing.
    return variance > 1e-12 ? length / Math.sqrt(variance) : 0;
  });
  return { mean, scale };
}

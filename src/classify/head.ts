import { domainNames } from "../domains.ts";
import { RouterError } from "../errors.ts";
import type { DomainClassifier, DomainConfidence } from "./domain.ts";
import { classCount, type HeadDescription, readHead } from "./head-file.ts";
import { weightedText } from "./weighted-text.ts";

/** The part of an embedder's identity on which a head depends. */
export type HeadEmbedder = HeadDescription["embedder"];

/**
 * Reads the head of `folder`. RouterError `model_not_found` when it is missing, `artifact_invalid` when it is damaged,
 * `artifact_incompatible` when it was trained for another embedder: 1024 numbers of another would fit and mean nothing.
 */
export function openDomainClassifier(folder: string, embedder: HeadEmbedder): DomainClassifier {
  const { description, weights } = readHead(folder);
  assertTrainedFor(description.embedder, embedder, folder);
  const { temperature, text_scales, bias } = description;

  function classify(text: string, vector: Float32Array): readonly DomainConfidence[] {
    const logits = new Float64Array(classCount);
    addText(logits, text);
    for (let c = 0; c < classCount; c++) {
      logits[c] = (logits[c] as number) * (text_scales[c] as number) + (bias[c] as number);
    }
    addVector(logits, vector);
    return ranked(domainConfidences(logits, temperature));
  }

  function addText(logits: Float64Array, text: string): void {
    const { columns, values } = weightedText(text, weights.rarity);
    for (let i = 0; i < columns.length; i++) {
      const value = values[i] as number;
      const row = (columns[i] as number) * classCount;
      for (let c = 0; c < classCount; c++) {
        logits[c] = (logits[c] as number) + value * (weights.text[row + c] as number);
      }
    }
  }

  function addVector(logits: Float64Array, vector: Float32Array): void {
    for (let i = 0; i < vector.length; i++) {
      const value = vector[i] as number;
      for (let c = 0; c < classCount; c++) {
        logits[c] = (logits[c] as number) + value * (weights.vector[i * classCount + c] as number);
      }
    }
  }

  return { revision: description.sha256.slice(0, 12), classify };
}

/** Softmax over every style and domain, then the styles of a domain together. */
export function domainConfidences(logits: Float64Array, temperature: number): Float64Array {
  const highest = Math.max(...logits);
  const confidences = new Float64Array(domainNames.length);
  let sum = 0;
  logits.forEach((logit, c) => {
    const mass = Math.exp((logit - highest) / temperature);
    const domain = c % domainNames.length;
    confidences[domain] = (confidences[domain] as number) + mass;
    sum += mass;
  });
  return confidences.map((mass) => mass / sum);
}

/** Most likely first; of equals the first in the alphabet. */
const ranked = (confidences: Float64Array): readonly DomainConfidence[] =>
  domainNames
    .map((name, i) => ({ name, confidence: confidences[i] as number }))
    .sort((a, b) => b.confidence - a.confidence);

function assertTrainedFor(trained: HeadEmbedder, serving: HeadEmbedder, folder: string): void {
  const same = (["name", "revision", "dimension", "pooling", "normalized"] as const).every(
    (key) => trained[key] === serving[key],
  );
  if (same) return;
  throw new RouterError(
    "artifact_incompatible",
    `the domain head in ${folder} was trained for ${shown(trained)}, the embedder is ${shown(serving)}`,
    "Train a head for this embedder with signalbox train-domain, or use the embedder it was trained for",
  );
}

const shown = ({ name, revision, dimension, pooling, normalized }: HeadEmbedder): string =>
  `${name} (revision ${revision}, ${dimension} numbers, ${pooling} pooling${normalized ? "" : ", not normalised"})`;

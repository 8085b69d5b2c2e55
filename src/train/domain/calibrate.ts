import { domainConfidences } from "../../classify/head.ts";
import { domainNames } from "../../domains.ts";
import { accuracyOf } from "../../math/classification.ts";
import { goldenSection } from "../../math/golden-section.ts";
import type { Verdict } from "./figures.ts";
import { isExam, type Sample } from "./sample.ts";

/** Logits of a text by a model that has not seen it. */
export interface OutOfFold {
  readonly sample: Sample;
  readonly logits: Float64Array;
}

/**
 * The temperature at which the confidences fit best (lowest mean negative log-likelihood), by golden section.
 * Exam and chat count half each, whatever their numbers.
 */
export function fitTemperature(predictions: readonly OutOfFold[]): number {
  const [exam, chat] = [true, false].map((style) =>
    predictions.filter(({ sample }) => isExam(sample.source) === style),
  ) as [OutOfFold[], OutOfFold[]];
  const loss = (temperature: number) => meanLoss(exam, temperature) + meanLoss(chat, temperature);
  return Number(goldenSection(loss, 0.2, 5, 1e-3).toFixed(3));
}

function meanLoss(predictions: readonly OutOfFold[], temperature: number): number {
  let sum = 0;
  for (const { sample, logits } of predictions) {
    const confidences = domainConfidences(logits, temperature);
    sum -= Math.log((confidences[domainNames.indexOf(sample.domain)] as number) + 1e-12);
  }
  return sum / Math.max(1, predictions.length);
}

export function verdictOf({ sample, logits }: OutOfFold, temperature: number): Verdict {
  const confidences = domainConfidences(logits, temperature);
  const confidence = Math.max(...confidences);
  const predicted = domainNames[confidences.indexOf(confidence)] ?? "other";
  return { actual: sample.domain, predicted, confidence };
}

/** The threshold below which `other` should be said, for the best accuracy; the lowest of equals. */
export function bestThreshold(verdicts: readonly Verdict[]): {
  threshold: number;
  accuracy: number;
} {
  const candidates = Array.from({ length: 20 }, (_, i) => i / 20).map((threshold) => ({
    threshold,
    accuracy: accuracyOf(
      verdicts.map((verdict) =>
        verdict.confidence >= threshold ? verdict : { ...verdict, predicted: "other" },
      ),
    ),
  }));
  return candidates.reduce((best, candidate) =>
    candidate.accuracy > best.accuracy ? candidate : best,
  );
}

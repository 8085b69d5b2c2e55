import type { OutOfFold } from "./calibrate.ts";
import { fitRows, logitsOf } from "./fit-head.ts";
import type { Prepared } from "./prepare.ts";

const folds = 3;

/**
 * Logits of every training text by a fit without it. Terms and MMLU stay in every fit: nobody asks them, so they are
 * no measure. Equal texts share a fold.
 */
export function crossValidate(
  prepared: Prepared,
  seed: number,
  onFold: (done: number, of: number) => void,
): OutOfFold[] {
  const foldOf = prepared.samples.map(({ text, source }) =>
    source === "terms" || source === "mmlu" ? undefined : foldOfText(text),
  );
  const predictions: OutOfFold[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const rows = prepared.samples.map((_, row) => row);
    const weights = fitRows(
      prepared,
      seed,
      rows.filter((row) => foldOf[row] !== fold),
    );
    for (const row of rows.filter((row) => foldOf[row] === fold)) {
      const sample = prepared.samples[row];
      if (sample) predictions.push({ sample, logits: logitsOf(weights, prepared, row) });
    }
    onFold(fold + 1, folds);
  }
  return predictions;
}

function foldOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "")) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % folds;
}

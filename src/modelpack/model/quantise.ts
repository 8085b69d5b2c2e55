import type { LinearModel } from "../training/averaged-sgd.ts";
import type { Precision } from "./header.ts";
import type { TaskWeights } from "./model-file.ts";

/** As it is stored: in int8 each label's largest weight is 127 steps of its scale. */
export function packed({ weights, intercepts }: LinearModel, precision: Precision): TaskWeights {
  const labels = intercepts.length;
  if (precision === "float32") {
    return { weights, scales: new Float32Array(labels).fill(1), intercepts };
  }
  const scales = new Float32Array(labels);
  for (let at = 0; at < weights.length; at++) {
    const label = at % labels;
    scales[label] = Math.max(scales[label] as number, Math.abs(weights[at] as number) / 127);
  }
  const bytes = new Int8Array(weights.length);
  for (let at = 0; at < weights.length; at++) {
    // The scale was rounded to a single, so that the largest weight may be a hair above 127 steps.
    const steps = Math.round((weights[at] as number) / ((scales[at % labels] as number) || 1));
    bytes[at] = Math.max(-127, Math.min(127, steps));
  }
  return { weights: bytes, scales, intercepts };
}

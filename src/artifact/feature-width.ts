import type { FeatureSpec } from "./artifact.ts";
import { Refusal } from "./fields.ts";

/** The vectors must be as long as the file's own description of them says. */
export function checkFeatures(features: FeatureSpec | undefined, dimension: number): void {
  if (!features || dimension === 0) return;
  const { dimension: embedding, categories } = features;
  if (embedding + categories.length === dimension) return;
  throw new Refusal(
    `vectors have ${dimension} numbers, features declares ${embedding} + ${categories.length} categories`,
  );
}

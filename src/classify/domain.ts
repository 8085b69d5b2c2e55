import type { DomainName } from "../domains.ts";

export interface DomainConfidence {
  readonly name: DomainName;
  /** Calibrated probability, 0 to 1; those of one text sum to 1. */
  readonly confidence: number;
}

export interface DomainClassifier {
  /** Every domain, most likely first. `vector` is the unit embedding of `text`, 1024 numbers. */
  classify(text: string, vector: Float32Array): readonly DomainConfidence[];
}

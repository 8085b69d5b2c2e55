import type { DomainName } from "../domains.ts";

export interface DomainConfidence {
  readonly name: DomainName;
  /** Calibrated probability, 0 to 1; those of one text sum to 1. */
  readonly confidence: number;
}

export interface DomainClassifier {
  /** First 12 hex digits of the sha-256 of the head's file. */
  readonly revision: string;
  /** Every domain, most likely first. `vector` is the unit embedding of `text`, 1024 numbers. */
  classify(text: string, vector: Float32Array): readonly DomainConfidence[];
}

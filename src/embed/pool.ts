import { type EmbedderIdentity, embeddingDimension } from "./embedder.ts";
import { lift } from "./lift.ts";

export type Pooling = Exclude<EmbedderIdentity["pooling"], "remote">;

/** The model's answer for one text: `tokens` rows of `width` numbers from `start`. Padding comes after, unread. */
export interface HiddenRows {
  readonly numbers: ArrayLike<number>;
  readonly start: number;
  readonly tokens: number;
  readonly width: number;
}

/** One vector for the text, not yet of unit length. Rows are right-padded, so the last token is row `tokens - 1`. */
export function pooled(rows: HiddenRows, pooling: Pooling): Float64Array {
  switch (pooling) {
    case "mean":
      return mean(rows);
    case "cls":
      return row(rows, 0);
    case "last-token":
      return row(rows, rows.tokens - 1);
  }
}

function row({ numbers, start, width }: HiddenRows, index: number): Float64Array {
  const at = start + index * width;
  return new Float64Array(width).map((_, i) => numbers[at + i] as number);
}

function mean({ numbers, start, tokens, width }: HiddenRows): Float64Array {
  const sum = new Float64Array(width);
  for (let token = 0, at = start; token < tokens; token++) {
    for (let i = 0; i < width; i++, at++) (sum[i] as number) += numbers[at] as number;
  }
  return sum.map((value) => value / tokens);
}

/** Of unit length and 1024 wide: wider vectors are cut (Matryoshka) and made unit again, narrower ones lifted. */
export function normalized(vector: Float64Array): Float64Array {
  const direction = unit(vector);
  if (direction.length > embeddingDimension) return unit(direction.slice(0, embeddingDimension));
  return direction.length < embeddingDimension ? lift(direction) : direction;
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
    throw new Error(`the model gave a vector of length ${length}`);
  }
  return vector.map((value) => value / length);
}

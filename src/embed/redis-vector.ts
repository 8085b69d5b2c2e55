import { embeddingDimension } from "./embedder.ts";

/** What a vector is in Redis: its numbers as float16, in the order of bytes that x86 and Arm have. 2 KiB. */
export const redisVectorBytes = embeddingDimension * Float16Array.BYTES_PER_ELEMENT;

/** float16 moves the length of a unit vector by less than 0.0005; what is further away was not written here. */
const maxLengthError = 0.01;

/** Each number is rounded to within 2^-11 of itself, or 2^-25 where it is smaller than 2^-14. */
export const toRedis = (vector: Float32Array): Buffer =>
  Buffer.from(new Float16Array(vector).buffer);

/** A vector of unit length, or undefined for bytes that are none: of another length, not finite, not about unit. */
export function fromRedis(bytes: Buffer): Float32Array | undefined {
  if (bytes.length !== redisVectorBytes) return undefined;
  // A copy: the bytes lie anywhere in what the socket read, and numbers must start at an even place.
  const vector = new Float32Array(new Float16Array(Uint8Array.from(bytes).buffer));
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) ** 2;
  const length = Math.sqrt(squares);
  if (!(Math.abs(length - 1) <= maxLengthError)) return undefined;
  for (let i = 0; i < vector.length; i++) (vector[i] as number) /= length;
  return vector;
}

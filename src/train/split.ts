import { createHash } from "node:crypto";

/** What a file's queries are split by. */
export interface HoldOut {
  /** Of the queries, 0 to 1, that are for testing. */
  readonly share: number;
  readonly seed: number;
}

/**
 * A query's place, 0 to 1, by its hash with the seed: for testing are those below the share. A query is in or out as a
 * whole, and stays so whatever else the file holds.
 */
export function splitPlace(query: string, seed: number): number {
  const hash = createHash("sha256").update(`${seed}\n${query}`).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}

import { createHash } from "node:crypto";
import { z } from "zod";

/** Which queries selectors were trained on, without their texts: what `signalbox validate` looks for leakage with. */
export const QueryHashes = z.object({
  /** First `bytes` bytes of sha-256(salt, line feed, normalised query). */
  hash: z.literal("sha256"),
  bytes: z.literal(8),
  /** The data file's sha-256, so that hashes of one query in two files have nothing in common. */
  salt: z.string(),
  count: z.int().min(0),
  /** Sorted, one after the other, base64. */
  hashes: z.string(),
});
export type QueryHashes = z.infer<typeof QueryHashes>;

const hashBytes = 8;

/** As two people would write the same question: Unicode's compatible forms, case and spaces are no difference. */
export const normalisedQuery = (query: string): string =>
  query.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();

export function hashQueries(queries: readonly string[], salt: string): QueryHashes {
  const distinct = [...new Set(queries.map((query) => hashOf(query, salt)))].sort();
  const hashes = Buffer.from(distinct.join(""), "latin1").toString("base64");
  return { hash: "sha256", bytes: hashBytes, salt, count: distinct.length, hashes };
}

/** Tells whether a query is among them. Of 2^64 hashes two queries do not share one by chance. */
export function hashedQueries({ salt, hashes }: QueryHashes): (query: string) => boolean {
  const text = Buffer.from(hashes, "base64").toString("latin1");
  const known = new Set(
    Array.from({ length: text.length / hashBytes }, (_, at) =>
      text.slice(at * hashBytes, (at + 1) * hashBytes),
    ),
  );
  return (query) => known.has(hashOf(query, salt));
}

const hashOf = (query: string, salt: string): string =>
  createHash("sha256")
    .update(`${salt}\n${normalisedQuery(query)}`)
    .digest()
    .toString("latin1", 0, hashBytes);

import { createHash } from "node:crypto";

/** Which queries of a stream are kept when there are more than fit. */
export interface QuerySample {
  /** A query's place among all, 0 to 1, by its hash; undefined when it is not, or no longer, of the sample. */
  placeOf(query: string): number | undefined;
  /** Leaves only places below `place` in the sample, from here on. */
  narrow(place: number): void;
  /** Places below it are of the sample; 1 while all are. */
  readonly limit: number;
}

/**
 * The queries of lowest hash: the same whatever the order of the stream, and one that was dropped never comes back, so
 * nothing need be known of it. Of `n` kept below the limit, about n / limit distinct queries were seen
 * (Bar-Yossef et al. 2002).
 */
export function querySample(seed: number): QuerySample {
  let limit = 1;
  return {
    placeOf(query) {
      // Other bytes than the hold-out's, so that one split does not depend on the other.
      const hash = createHash("sha256").update(`${seed}\n${query}`).digest();
      const place = hash.readUIntBE(8, 6) / 2 ** 48;
      return place < limit ? place : undefined;
    },
    narrow(place) {
      limit = Math.min(limit, place);
    },
    get limit() {
      return limit;
    },
  };
}

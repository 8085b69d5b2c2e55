import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../measure/peer.ts";
import type { Contestant, Turn } from "../measure/turns.ts";
import { dimension, type Vectors } from "./synthetic.ts";

/** What one comparison is about; as bench/peers/linfa/src/tables.rs reads it. */
export interface Tables {
  readonly vectors: Vectors;
  readonly queries: Vectors;
  readonly centroids?: Vectors;
  /** By machine: a weight for each vector. */
  readonly alphas?: readonly Float64Array[];
  /** By machine: a weight for each number of a query. */
  readonly weights?: readonly Float64Array[];
  readonly gamma?: number;
}

/** The peer, holding tables. */
export interface LoadedPeer {
  /** `k` is that of the knn methods. */
  contestant<Answer>(
    method: string,
    name: string,
    read: (numbers: readonly number[]) => Answer,
    k?: number,
  ): Promise<Contestant<Answer>>;
}

export async function loadPeer(
  peer: Peer,
  { vectors, queries, centroids, alphas = [], weights = [], gamma = 1 }: Tables,
  folder: string,
): Promise<LoadedPeer> {
  const machines = Math.max(alphas.length, weights.length);
  const clusters = centroids?.count ?? 0;
  const sizes = Uint32Array.of(vectors.count, dimension, queries.count, machines, clusters, 0);
  const parts: readonly ArrayBufferView[] = [
    sizes,
    Float64Array.of(gamma),
    vectors.rows,
    queries.rows,
    centroids?.rows ?? new Float32Array(),
    ...pad(alphas, machines, vectors.count),
    ...pad(weights, machines, dimension),
  ];
  const path = join(folder, "tables.bin");
  writeFileSync(path, "");
  for (const { buffer, byteOffset, byteLength } of parts) {
    writeFileSync(path, new Uint8Array(buffer, byteOffset, byteLength), { flag: "a" });
  }
  await peer.ask(`load ${path}`);
  return {
    async contestant(method, name, read, k = 0) {
      await peer.ask(`prepare ${method}`);
      return {
        name,
        async run(from, count) {
          const turn = (await peer.ask(`run ${method} ${k} ${from} ${count}`)) as Turn<
            readonly number[]
          >;
          return { ...turn, answers: turn.answers.map(read) };
        },
      };
    },
  };
}

const pad = (
  given: readonly Float64Array[],
  machines: number,
  length: number,
): readonly Float64Array[] =>
  given.length > 0 ? given : Array.from({ length: machines }, () => new Float64Array(length));

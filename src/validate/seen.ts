import type { Artifact, KnnArtifact } from "../artifact/artifact.ts";
import type { Examples } from "../train/examples.ts";
import { normalisedQuery } from "../train/query-hashes.ts";
import { type Leakage, seenByVectors } from "./leakage.ts";

/** What may tell which queries the selectors were trained on. */
export interface Traces {
  /** The queries of --training-file. */
  readonly training: readonly string[] | undefined;
  /** The hashes that `train` wrote beside the files that are judged. */
  readonly hashed?: ((query: string) => boolean) | undefined;
  readonly artifacts: readonly Artifact[];
  readonly dataSha256: string;
}

/** By query: was it trained on? And how that was found out. */
export function seenQueries(
  { queries }: Pick<Examples, "queries">,
  vectors: Float32Array,
  { training, hashed, artifacts, dataSha256 }: Traces,
): { readonly seen: readonly boolean[] } & Pick<Leakage, "verdict" | "by"> {
  if (training) {
    const known = new Set(training.map(normalisedQuery));
    return found(
      queries.map((query) => known.has(normalisedQuery(query))),
      "texts",
    );
  }
  if (hashed) return found(queries.map(hashed), "query hashes");
  const knn = artifacts.find((one): one is KnnArtifact => one.algorithm === "knn");
  if (knn && knn.vectors.length > 0 && ofOneFile(artifacts)) {
    return found(seenByVectors(knn, vectors, vectors.length / queries.length), "vectors");
  }
  if (artifacts.some((one) => trainedOn(one) === dataSha256)) {
    return found(
      queries.map(() => true),
      "file hash",
    );
  }
  return { seen: queries.map(() => false), verdict: "unknown", by: "nothing" };
}

/** What a file says of the data that it was trained on. */
export const trainedOn = ({ provenance }: Artifact): unknown => provenance?.["data_sha256"];

/** A knn file tells of the others only when they were trained on the same data. */
const ofOneFile = (artifacts: readonly Artifact[]): boolean =>
  new Set(artifacts.map(trainedOn)).size === 1;

function found(seen: readonly boolean[], by: Leakage["by"]) {
  const count = seen.filter(Boolean).length;
  const verdict = count === 0 ? "none" : count === seen.length ? "all" : "some";
  return { seen, verdict, by } as const;
}

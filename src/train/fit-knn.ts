import type { KnnArtifact } from "../artifact/artifact.ts";
import type { TrainingSet } from "./training-set.ts";

export interface KnnSettings {
  /** Queries asked. */
  readonly k: number;
  /** So many made-up queries of each model's overall mean join them. */
  readonly shrinkage: number;
  readonly qualityWeight: number;
}

/** One row for every answer; rows of one query share its vector. Nothing else is learned. */
export function fitKnn(set: TrainingSet, settings: KnnSettings): KnnArtifact {
  const { models, values, qualities, latencies, dimension, rows } = set;
  const answered = Uint32Array.from(values.keys()).filter((cell) => !Number.isNaN(values[cell]));
  const column = (table: Float64Array) =>
    Float64Array.from(answered, (cell) => table[cell] as number);
  return {
    algorithm: "knn",
    trained: answered.length > 0,
    dimension,
    k: settings.k,
    mode: "outcomes",
    shrinkage: settings.shrinkage,
    vectors: rows,
    vectorOf: answered.map((cell) => Math.floor(cell / models.length)),
    models,
    modelOf: answered.map((cell) => cell % models.length),
    qualities: column(qualities),
    // Upstream's reader takes whole nanoseconds only.
    ...(latencies && {
      latenciesNs: column(latencies).map((seconds) => Math.round(seconds * 1e9)),
      qualityWeight: settings.qualityWeight,
    }),
  };
}

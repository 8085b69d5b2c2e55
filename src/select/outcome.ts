import type { KnnArtifact } from "../artifact/artifact.ts";

/** Upstream's weights of quality and of speed, in its files as in its inference. */
const qualityWeight = 0.9;
const speedWeight = 0.1;

/** Upstream's stand-in for the quality of a row that has none, and the least that a row counts for. */
const unknownQuality = 0.5;
const leastQuality = 0.01;

/**
 * What each row counts for in a vote: 0.9 quality + 0.1 speed, where speed runs from 1 for the least latency of the
 * file to 0 for the largest.
 */
export function outcomeValues(artifact: KnnArtifact): Float64Array {
  const { qualities, modelOf } = artifact;
  const speeds = speedsOf(artifact);
  return Float64Array.from(modelOf, (_, row) => {
    const quality = Math.max(qualities?.[row] ?? unknownQuality, leastQuality);
    // Upstream gives rows without latency the middle of its range, which is 1 when there is none at all.
    return qualityWeight * quality + speedWeight * (speeds?.[row] ?? 1);
  });
}

/**
 * What an answer is worth: quality, and a tenth of speed that halves at ten seconds. Upstream trains on this, and so do
 * we; without a latency quality counts alone.
 */
export const answerValue = (
  quality: number,
  latencySeconds: number | undefined,
  weight = qualityWeight,
): number =>
  latencySeconds === undefined
    ? quality
    : weight * quality + (1 - weight) / (1 + latencySeconds / 10);

/** As `outcomeValues`, but a quality is what it is, and counts alone when nothing is known of speed. */
export function plainOutcomes(artifact: KnnArtifact): Float64Array {
  const qualities = artifact.qualities ?? new Float64Array();
  const { latenciesNs, qualityWeight: trainedWeight } = artifact;
  if (latenciesNs && trainedWeight !== undefined) {
    return qualities.map((quality, row) =>
      answerValue(quality, (latenciesNs[row] as number) / 1e9, trainedWeight),
    );
  }
  const speeds = speedsOf(artifact);
  if (!speeds) return qualities;
  return qualities.map(
    (quality, row) => qualityWeight * quality + speedWeight * (speeds[row] as number),
  );
}

function speedsOf({ latenciesNs }: KnnArtifact): Float64Array | undefined {
  if (!latenciesNs) return undefined;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const latency of latenciesNs) {
    least = Math.min(least, latency);
    most = Math.max(most, latency);
  }
  // Upstream's guard against a division by zero: no range is shorter than a nanosecond.
  const range = Math.max(most - least, 1);
  return latenciesNs.map((latency) => 1 - (latency - least) / range);
}

/** By model: mean over all of its rows. */
export function overallMeans({ models, modelOf }: KnnArtifact, values: Float64Array): Float64Array {
  const sums = new Float64Array(models.length);
  const counts = new Uint32Array(models.length);
  modelOf.forEach((model, row) => {
    sums[model]! += values[row] as number;
    counts[model]!++;
  });
  return sums.map((sum, model) => sum / (counts[model] as number));
}

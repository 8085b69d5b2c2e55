import type { Registry } from "prom-client";
import { distribution, type GrowingDistribution } from "../embed/distribution.ts";
import { registerDistributions } from "./distributions.ts";

/** Of a routed request, in their order. */
const stageNames = ["parse", "embed", "classify", "decide", "select", "mutate"] as const;
export type StageName = (typeof stageNames)[number];

/** In seconds. Most stages take microseconds; embedding takes milliseconds, and what hangs ends at the deadline. */
const bounds = [
  0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
  0.05, 0.1, 0.25, 1,
];

/** Counted by hand: a Histogram of prom-client takes five times as long, and there are six of them in each request. */
export function registerStages(
  registry: Registry,
): Readonly<Record<StageName, GrowingDistribution>> {
  const stages = Object.fromEntries(
    stageNames.map((name) => [name, distribution(bounds)]),
  ) as Record<StageName, GrowingDistribution>;
  const help = "What each stage of a routed request took";
  registerDistributions(registry, { name: "signalbox_stage_duration_seconds", help }, () =>
    stageNames.map((stage) => ({ labels: { stage }, distribution: stages[stage].read() })),
  );
  return stages;
}

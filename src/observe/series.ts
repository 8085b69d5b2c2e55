import type { Counter, Registry } from "prom-client";
import { distribution, type GrowingDistribution } from "../embed/distribution.ts";
import { registerDistributions } from "./distributions.ts";

/**
 * Counters and histograms that every request adds to some fifteen times. prom-client's own check, join and hash their
 * labels at each call, which together cost more than routing a query whose embedding is cached.
 */
export interface CounterSeries {
  /** A label that `labels` does not have is empty. */
  inc(labels?: Labels, value?: number): void;
}

export interface HistogramSeries {
  observe(labels: Labels, value: number): void;
}

type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** A counter of `registry`. Without labels it begins at 0. */
export function registerCounter(registry: Registry, described: Described): CounterSeries {
  const { name, help, labelNames } = described;
  const series = seriesBy(labelNames, () => ({ value: 0 }));
  if (labelNames.length === 0) series.of(noLabels);
  const counter = {
    name,
    async get() {
      const values = series.all().map(({ labels, kept }) => ({ labels, value: kept.value }));
      return { name, help, type: "counter", values };
    },
  };
  // The registry asks no more of a metric than this.
  registry.registerMetric(counter as unknown as Counter);
  return {
    inc(labels = noLabels, value = 1) {
      series.of(labels).value += value;
    },
  };
}

/** A histogram of `registry`; `bounds` are the upper ones of its buckets, ascending. */
export function registerHistogram(
  registry: Registry,
  { name, help, labelNames }: Described,
  bounds: readonly number[],
): HistogramSeries {
  const series = seriesBy<GrowingDistribution>(labelNames, () => distribution(bounds));
  if (labelNames.length === 0) series.of(noLabels);
  registerDistributions(registry, { name, help }, () =>
    series.all().map(({ labels, kept }) => ({ labels, distribution: kept.read() })),
  );
  return { observe: (labels, value) => series.of(labels).add(value) };
}

const noLabels: Labels = {};

/** What is kept for each set of labels, found by their values one after the other. */
function seriesBy<Kept>(labelNames: readonly string[], make: () => Kept) {
  type Node = Map<string, Node> | { readonly labels: Labels; readonly kept: Kept };
  const root: Map<string, Node> = new Map();
  const leaves: { readonly labels: Labels; readonly kept: Kept }[] = [];
  // One level for each name, and one for a metric without any.
  const names = labelNames.length > 0 ? labelNames : [""];
  const depth = names.length - 1;

  function of(labels: Labels): Kept {
    let level = root;
    for (let at = 0; at < depth; at++) {
      const value = labels[names[at] as string] ?? "";
      let next = level.get(value);
      if (!next) {
        next = new Map<string, Node>();
        level.set(value, next);
      }
      level = next as Map<string, Node>;
    }
    const value = labels[names[depth] as string] ?? "";
    const found = level.get(value) as { readonly kept: Kept } | undefined;
    return found ? found.kept : added(level, value, labels).kept;
  }

  function added(level: Map<string, Node>, value: string, labels: Labels) {
    const own = Object.fromEntries(labelNames.map((name) => [name, labels[name] ?? ""]));
    const leaf = { labels: own, kept: make() };
    level.set(value, leaf);
    leaves.push(leaf);
    return leaf;
  }

  return { of, all: () => leaves };
}

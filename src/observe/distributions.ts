import type { Histogram, Registry } from "prom-client";
import type { Distribution } from "../embed/distribution.ts";

interface LabelledDistribution {
  readonly labels: Readonly<Record<string, string>>;
  readonly distribution: Distribution;
}

/** A histogram that is counted elsewhere, and read whenever Prometheus scrapes. */
export function registerDistributions(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  read: () => readonly LabelledDistribution[],
): void {
  const histogram = {
    name,
    async get() {
      return { name, help, type: "histogram", values: read().flatMap((one) => series(name, one)) };
    },
  };
  // The registry asks no more of a metric than this, and a Histogram of its own cannot be set to what was counted.
  registry.registerMetric(histogram as unknown as Histogram);
}

/** How many values were up to each bound, their sum and their number. */
function series(name: string, { labels, distribution }: LabelledDistribution) {
  const { bounds, counts, sum } = distribution;
  let count = 0;
  const upTo = [...bounds, "+Inf"].map((le, index) => {
    count += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...upTo,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

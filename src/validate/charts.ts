import { domainChart } from "./domain-chart.ts";
import type { Chart } from "./draw.ts";
import { qualityChart } from "./quality-chart.ts";
import type { Report } from "./report.ts";
import { sharesChart } from "./shares-chart.ts";
import { tradeOffChart } from "./trade-off-chart.ts";

/** Plots of a report: those for which it has data. */
export const chartsOf = (report: Report): readonly Chart[] => [
  qualityChart(report),
  ...tradeOffChart(report),
  ...domainChart(report),
  sharesChart(report),
];

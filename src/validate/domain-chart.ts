import { domainNames } from "../domains.ts";
import { type Chart, draw, names, rowHeight } from "./draw.ts";
import type { Report } from "./report.ts";

/** A heat map of what each strategy gains in each domain. */
export function domainChart({ strategies }: Report): readonly Chart[] {
  const shown = strategies.filter(({ kind }) =>
    ["selector", "category table", "always"].includes(kind),
  );
  const domains = domainNames.filter((name) => strategies.some((one) => one.domains[name]));
  const cells = shown.flatMap((one, row) =>
    domains.flatMap((domain, column) => {
      const figures = one.domains[domain];
      return figures ? [{ row, column, points: 100 * figures.gain }] : [];
    }),
  );
  if (cells.length === 0) return [];
  const largest = Math.max(5, ...cells.map(({ points: gain }) => Math.abs(gain)));
  const svg = draw(shown.length * rowHeight + 150, {
    grid: { left: 250, right: 20, top: 80, bottom: 60 },
    xAxis: {
      type: "category",
      position: "top",
      data: domains,
      axisLabel: { rotate: 40, interval: 0, fontSize: 12, color: "#222" },
      axisTick: { show: false },
    },
    yAxis: names(shown),
    visualMap: {
      min: -largest,
      max: largest,
      orient: "horizontal",
      left: "center",
      bottom: 5,
      itemHeight: 200,
      text: [`+${largest.toFixed(0)} points`, `-${largest.toFixed(0)}`],
      inRange: { color: ["#d55e00", "#f7f7f7", "#0072b2"] },
    },
    series: [
      {
        type: "heatmap",
        data: cells.map(({ row, column, points: gain }) => ({
          value: [column, row, gain],
          label: { color: Math.abs(gain) > 0.6 * largest ? "#fff" : "#222" },
        })),
        label: {
          show: true,
          fontSize: 11,
          formatter: ({ value }: { value: unknown }) => signed(Number((value as number[])[2])),
        },
        itemStyle: { borderColor: "#fff", borderWidth: 1 },
      },
    ],
  });
  return [
    {
      title: "Gain by domain",
      caption: "Points of quality over the best single model, by the record's category.",
      svg,
    },
  ];
}

const signed = (gain: number): string => (gain < 0 ? "" : "+") + gain.toFixed(1);

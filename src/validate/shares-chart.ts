import { axisName, type Chart, draw, names, palette, rowHeight } from "./draw.ts";
import type { Report } from "./report.ts";

/** Which models each strategy chooses, as bars of parts. */
export function sharesChart({ strategies, data: { models } }: Report): Chart {
  const shown = strategies.filter(({ kind }) =>
    ["oracle", "selector", "category table"].includes(kind),
  );
  const svg = draw(shown.length * rowHeight + 50, {
    grid: { left: 250, right: 40, top: 5, bottom: 30 },
    xAxis: { type: "value", min: 0, max: 100, axisLabel: { formatter: "{value} %" } },
    yAxis: names(shown),
    series: models.map((model, at) => ({
      type: "bar" as const,
      name: axisName(model),
      stack: "share",
      barWidth: 16,
      itemStyle: { color: palette[at % palette.length] as string },
      data: shown.map(({ shares }) => 100 * (shares[model] ?? 0)),
    })),
  });
  return {
    title: "How often each model is chosen",
    caption: "Share of the queries. The oracle's ties go to the cheapest, then the first name.",
    svg,
    legend: models.map((name, at) => ({ name, colour: palette[at % palette.length] as string })),
  };
}

import { axisName, type Chart, draw, kindColour } from "./draw.ts";
import type { StrategyFigures } from "./figures.ts";
import type { Report } from "./report.ts";

/** Quality against what it costs, or else how long it takes; none where the data has neither. */
export function tradeOffChart({ strategies }: Report): readonly Chart[] {
  const by = strategies.some(({ cost }) => cost !== undefined) ? "cost" : "latency";
  const priceOf = ({ cost, latencySeconds }: StrategyFigures) =>
    by === "cost" ? cost : latencySeconds;
  const placed = strategies.flatMap((one) => {
    const price = priceOf(one);
    return price === undefined ? [] : [{ ...one, price }];
  });
  if (placed.length === 0) return [];
  const frontier = frontierOf(placed);
  const qualities = placed.map(({ quality }) => quality);
  const groups = [...new Set(placed.map(({ kind }) => kind))];
  const svg = draw(460, {
    grid: { left: 70, right: 190, top: 15, bottom: 50 },
    xAxis: {
      type: "value",
      name: by === "cost" ? "average cost of a query" : "average latency, seconds",
      nameLocation: "middle",
      nameGap: 30,
    },
    yAxis: {
      type: "value",
      name: "average quality",
      nameLocation: "middle",
      nameGap: 45,
      min: Math.max(0, Math.floor((Math.min(...qualities) - 0.02) * 20) / 20),
      max: Math.min(1, Math.ceil((Math.max(...qualities) + 0.02) * 20) / 20),
    },
    series: [
      {
        type: "line",
        name: "frontier",
        // Between two strategies there is only the cheaper one.
        step: "end",
        data: frontier.map(({ price, quality }) => [price, quality]),
        symbol: "none",
        lineStyle: { color: "#999", type: "dashed" },
        itemStyle: { color: "#999" },
      },
      ...groups.map((kind) => ({
        type: "scatter" as const,
        name: kind,
        symbolSize: 10,
        itemStyle: { color: kindColour[kind] },
        data: placed
          .filter((one) => one.kind === kind)
          .map(({ price, quality, name }) => ({ value: [price, quality], name: axisName(name) })),
        label: {
          show: true,
          position: "right" as const,
          formatter: "{b}",
          // Below the line that runs to the right of it.
          offset: [0, 9],
          fontSize: 11,
        },
        labelLayout: { hideOverlap: true, moveOverlap: "shiftY" as const },
      })),
    ],
  });
  return [
    {
      title: by === "cost" ? "Quality against cost" : "Quality against latency",
      caption:
        "Dashed: the frontier; every strategy below it is beaten by another one that is no dearer. The oracle is out of reach, and left out of it.",
      svg,
      legend: groups.map((kind) => ({ name: kind, colour: kindColour[kind] })),
    },
  ];
}

/** Those that no other is at once better and no dearer than, cheapest first. The oracle is no strategy to have. */
export function frontierOf<T extends { kind: string; price: number; quality: number }>(
  placed: readonly T[],
): readonly T[] {
  const frontier: T[] = [];
  const order = placed
    .filter(({ kind }) => kind !== "oracle")
    .sort((a, b) => a.price - b.price || b.quality - a.quality);
  for (const one of order) {
    if (one.quality > (frontier.at(-1)?.quality ?? Number.NEGATIVE_INFINITY)) frontier.push(one);
  }
  return frontier;
}

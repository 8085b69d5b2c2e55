import { type Chart, draw, font, kindColour, names, rowHeight } from "./draw.ts";
import type { Report } from "./report.ts";

/** The parts that are used of what a custom series is given. */
interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}
interface RenderPlace {
  readonly coordSys: { readonly x: number; readonly width: number };
}

/** Every strategy, with the interval of its difference from the best single model. */
export function qualityChart({ strategies }: Report): Chart {
  const single = strategies.find(({ kind }) => kind === "best single");
  const base = single?.quality ?? 0;
  const low = Math.min(
    ...strategies.map(({ quality, gain }) => Math.min(quality, base + gain.low)),
  );
  const high = Math.max(
    ...strategies.map(({ quality, gain }) => Math.max(quality, base + gain.high)),
  );
  const margin = Math.max(0.01, (high - low) * 0.06);
  const svg = draw(strategies.length * rowHeight + 70, {
    grid: { left: 250, right: 90, top: 10, bottom: 45 },
    xAxis: {
      type: "value",
      name: "average quality",
      nameLocation: "middle",
      nameGap: 28,
      min: Math.max(0, Math.floor((low - margin) * 100) / 100),
      max: Math.min(1, Math.ceil((high + margin) * 100) / 100),
      axisLabel: { showMinLabel: false, showMaxLabel: false },
    },
    yAxis: names(strategies),
    series: [
      {
        type: "custom",
        clip: true,
        data: strategies.map(({ gain }, at) => [at, base + gain.low, base + gain.high]),
        renderItem: (_: unknown, api: RenderApi) => {
          const row = api.value(0);
          const [from, to] = [api.coord([api.value(1), row]), api.coord([api.value(2), row])];
          const colour = kindColour[strategies[Number(row)]?.kind ?? "always"];
          const line = (x1 = 0, y1 = 0, x2 = 0, y2 = 0) => ({
            type: "line" as const,
            shape: { x1, y1, x2, y2 },
            style: { stroke: colour, lineWidth: 1.5 },
          });
          const [x1 = 0, y = 0] = from;
          const [x2 = 0] = to;
          return {
            type: "group",
            children: [line(x1, y, x2, y), line(x1, y - 4, x1, y + 4), line(x2, y - 4, x2, y + 4)],
          };
        },
      },
      {
        type: "scatter",
        symbolSize: 9,
        data: strategies.map(({ quality, kind }, at) => ({
          value: [quality, at],
          itemStyle: { color: kindColour[kind] },
        })),
        markLine: {
          symbol: "none",
          silent: true,
          lineStyle: { color: "#d55e00", type: "dashed" },
          label: { show: false },
          data: [{ xAxis: base }],
        },
      },
      {
        // Figures stand in a column of their own, where no interval crosses them.
        type: "custom",
        data: strategies.map((_, at) => [at]),
        renderItem: (params: RenderPlace, api: RenderApi) => {
          const row = Number(api.value(0));
          const [, y = 0] = api.coord([base, row]);
          const { x, width: across } = params.coordSys;
          return {
            type: "text",
            style: {
              text: strategies[row]?.quality.toFixed(3) ?? "",
              x: x + across + 16,
              y,
              verticalAlign: "middle",
              fontSize: 12,
              fontFamily: font,
              fill: "#222",
            },
          };
        },
      },
    ],
  });
  return {
    title: "Quality per strategy",
    caption:
      "Dot: average quality. Bar: 95 % interval of the difference from the best single model (dashed), paired by query.",
    svg,
  };
}

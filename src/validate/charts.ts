import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { domainNames } from "../domains.ts";
import { shownName } from "./console-text.ts";
import type { StrategyFigures } from "./figures.ts";
import type { Report } from "./report.ts";

echarts.use([
  ...[BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart],
  ...[GridComponent, LegendComponent, MarkLineComponent, VisualMapComponent, SVGRenderer],
]);

type Option = Parameters<ReturnType<typeof echarts.init>["setOption"]>[0];

/** The parts that are used of what a custom series is given. */
interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}
interface RenderPlace {
  readonly coordSys: { readonly x: number; readonly width: number };
}

/** A plot as SVG, and what it shows. */
export interface Chart {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

const width = 960;
const rowHeight = 26;
const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const palette = [
  ...["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000"],
  ...["#7f7f7f", "#8c564b", "#aec7e8", "#ffbb78"],
];
const kindColour: Readonly<Record<StrategyFigures["kind"], string>> = {
  oracle: "#000000",
  selector: "#0072b2",
  "category table": "#e69f00",
  "best single": "#d55e00",
  cheapest: "#cc79a7",
  always: "#999999",
  random: "#999999",
};

/** Plots of a report: those for which it has data. */
export function chartsOf(report: Report): readonly Chart[] {
  return [
    qualityChart(report),
    ...tradeOffChart(report),
    ...domainChart(report),
    sharesChart(report),
  ];
}

function draw(height: number, option: Option): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: font }, color: palette, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Names are of any length; an axis is not. */
const axisName = (name: string): string => {
  const shown = [...shownName(name)];
  return shown.length > 34 ? `${shown.slice(0, 33).join("")}…` : shown.join("");
};

const names = (list: readonly StrategyFigures[]) => ({
  type: "category" as const,
  inverse: true,
  data: list.map(({ name }) => axisName(name)),
  axisTick: { show: false },
  axisLabel: { fontSize: 12, color: "#222" },
});

const signed = (gain: number): string => (gain < 0 ? "" : "+") + gain.toFixed(1);

function qualityChart({ strategies }: Report): Chart {
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

function tradeOffChart({ strategies }: Report): readonly Chart[] {
  const by = strategies.some(({ cost }) => cost !== undefined) ? "cost" : "latency";
  const priceOf = ({ cost, latencySeconds }: StrategyFigures) =>
    by === "cost" ? cost : latencySeconds;
  const placed = strategies.flatMap((one) => {
    const price = priceOf(one);
    return price === undefined ? [] : [{ ...one, price }];
  });
  if (placed.length === 0) return [];
  const frontier = frontierOf(placed);
  const groups = [...new Set(placed.map(({ kind }) => kind))];
  const svg = draw(460, {
    grid: { left: 70, right: 190, top: 40, bottom: 50 },
    legend: { top: 5, left: 70, itemGap: 16 },
    xAxis: {
      type: "value",
      name: by === "cost" ? "average cost of a query" : "average latency, seconds",
      nameLocation: "middle",
      nameGap: 30,
    },
    yAxis: { type: "value", name: "average quality", scale: true },
    series: [
      {
        type: "line",
        name: "frontier",
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
        label: { show: true, position: "right" as const, formatter: "{b}", fontSize: 11 },
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

function domainChart({ strategies }: Report): readonly Chart[] {
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

function sharesChart({ strategies, data: { models } }: Report): Chart {
  const shown = strategies.filter(({ kind }) =>
    ["oracle", "selector", "category table"].includes(kind),
  );
  const legendRows = Math.ceil(models.length / 4);
  const svg = draw(shown.length * rowHeight + 60 + legendRows * 22, {
    grid: { left: 250, right: 40, top: 15 + legendRows * 22, bottom: 30 },
    legend: {
      ...{ top: 5, left: 20, itemGap: 18, data: models.map(axisName) },
      // Of one width, because text cannot be measured without a browser.
      textStyle: { width: 185, overflow: "truncate", ellipsis: "…" },
    },
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
  };
}

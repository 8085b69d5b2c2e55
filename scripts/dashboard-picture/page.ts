import { LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Panel } from "../../e2e/observability/queries.ts";
import type { Series } from "../../e2e/observability/start-prometheus.ts";
import { shown } from "./units.ts";

echarts.use([LineChart, GridComponent, SVGRenderer]);

export interface AnsweredPanel {
  readonly panel: Panel;
  /** For each query of the panel, a range. */
  readonly answers: readonly {
    readonly legendFormat: string;
    readonly series: readonly Series[];
  }[];
}

const columnWidth = 64;
const rowHeight = 30;
const mostLines = 8;
const colours = [
  ...["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c564b", "#7f7f7f"],
  ...["#aec7e8", "#bcbd22", "#000000", "#ffbb78"],
];

/** The dashboard as a page, its panels where Grafana puts them. `from`: the left edge, in seconds since 1970. */
export function panelPage(
  panels: readonly AnsweredPanel[],
  { from }: { readonly from: number },
): string {
  const bottom = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const boxes = panels.map((one) => box(one, from)).join("\n");
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 12px; background: #f4f5f5; font: 12px system-ui, "DejaVu Sans", sans-serif; color: #24292e; }
h1 { font-size: 18px; font-weight: 600; margin: 0 0 8px 4px; }
.all { position: relative; width: ${24 * columnWidth}px; height: ${bottom * rowHeight}px; }
.panel { position: absolute; box-sizing: border-box; padding: 4px; }
.in { background: #fff; border: 1px solid #d8d9da; border-radius: 3px; height: 100%; box-sizing: border-box; padding: 6px 8px; overflow: hidden; display: flex; flex-direction: column; }
.row .in { background: none; border: 0; font-size: 14px; font-weight: 600; padding: 4px 2px; }
.title { font-weight: 600; margin-bottom: 2px; white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: 0 10px; font-size: 11px; max-height: 30px; overflow: hidden; }
.legend i { display: inline-block; width: 10px; height: 3px; margin-right: 4px; vertical-align: middle; }
.number { flex: 1; display: flex; align-items: center; justify-content: center; font-size: 30px; color: #009e73; }
</style><h1>signalbox</h1><div class="all">${boxes}</div>`;
}

function box({ panel, answers }: AnsweredPanel, from: number): string {
  const { x, y, w, h } = panel.gridPos;
  const place = `left:${x * columnWidth}px;top:${y * rowHeight}px;width:${w * columnWidth}px;height:${h * rowHeight}px`;
  const title = `<div class="title">${escaped(panel.title)}</div>`;
  const inside =
    panel.type === "row"
      ? title
      : `${title}${panel.type === "stat" ? stat(panel, answers) : lines(panel, answers, from)}`;
  return `<div class="panel ${panel.type}" style="${place}"><div class="in">${inside}</div></div>`;
}

function stat({ fieldConfig }: Panel, answers: AnsweredPanel["answers"]): string {
  const [{ series, legendFormat } = { series: [], legendFormat: "" }] = answers;
  const texts = series.map((one) => {
    const last = Number(one.values?.at(-1)?.[1] ?? Number.NaN);
    const { unit = "short", decimals } = fieldConfig?.defaults ?? {};
    return `${shown(last, unit, decimals)} ${legend(legendFormat, one)}`;
  });
  return `<div class="number">${escaped(texts.join(", "))}</div>`;
}

function lines(
  { gridPos, fieldConfig }: Panel,
  answers: AnsweredPanel["answers"],
  from: number,
): string {
  const { unit = "short", custom } = fieldConfig?.defaults ?? {};
  // Round numbers of bytes are no round numbers of MiB, and the axis is in MiB.
  const perUnit = unit === "bytes" ? 2 ** 20 : 1;
  const stacked = custom?.stacking !== undefined;
  const every = answers.flatMap(({ series, legendFormat }) =>
    series.map((one) => ({ name: legend(legendFormat, one), one })),
  );
  // Of many, those that are 0 throughout would fill the legend.
  const shownOnes =
    every.length > mostLines
      ? every.filter(({ one }) => one.values?.some(([, v]) => v !== "0"))
      : every;
  const times = [
    ...new Set(every.flatMap(({ one }) => one.values?.map(([time]) => time) ?? [])),
  ].sort((a, b) => a - b);
  const all = shownOnes.map(({ name, one }) => ({
    name,
    // ECharts stacks the points of one index: every line needs all of them.
    points: pointsOf(one, times, (value) => (value === undefined && stacked ? 0 : value)).map(
      ([time = 0, value]) => [time - from, value === undefined ? null : value / perUnit],
    ),
  }));
  const width = gridPos.w * columnWidth - 28;
  const height = gridPos.h * rowHeight - 8 - 12 - 20 - 32;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({
    animation: false,
    color: colours,
    grid: { left: 58, right: 8, top: 8, bottom: 20 },
    xAxis: {
      type: "value",
      min: 0,
      max: "dataMax",
      axisLabel: { fontSize: 10, formatter: (value: number) => `${Math.round(value)} s` },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      ...(unit === "percentunit" && { max: 1 }),
      splitNumber: 3,
      axisLabel: { fontSize: 10, formatter: (value: number) => shown(value * perUnit, unit) },
    },
    series: all.map(({ name, points }) => ({
      name,
      type: "line",
      showSymbol: false,
      lineStyle: { width: 1 },
      data: points,
      ...(stacked && { stack: "all", areaStyle: { opacity: 0.5 } }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const keys = all.map(
    ({ name }, i) =>
      `<span><i style="background:${colours[i % colours.length]}"></i>${escaped(name)}</span>`,
  );
  return `${svg}<div class="legend">${keys.join("")}</div>`;
}

/** A value for each of `times`; `fill` decides about those that there are none of. */
function pointsOf(
  { values = [] }: Series,
  times: readonly number[],
  fill: (value: number | undefined) => number | undefined,
): (readonly [number, number | undefined])[] {
  const byTime = new Map(values.map(([time, text]) => [time, Number(text)]));
  return times.map((time) => {
    const value = byTime.get(time);
    return [time, fill(Number.isFinite(value) ? value : undefined)];
  });
}

const legend = (format: string, { metric }: Series): string =>
  format.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { shownName } from "./console-text.ts";
import type { StrategyFigures } from "./figures.ts";

echarts.use([
  ...[BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart],
  ...[GridComponent, MarkLineComponent, VisualMapComponent, SVGRenderer],
]);

type Option = Parameters<ReturnType<typeof echarts.init>["setOption"]>[0];

/** A plot as SVG, and what it shows. */
export interface Chart {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
  /** Beside the SVG, because text cannot be measured, so not be laid out, without a browser. */
  readonly legend?: readonly { readonly name: string; readonly colour: string }[];
}

const width = 960;
export const rowHeight = 26;
export const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
export const palette = [
  ...["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000"],
  ...["#7f7f7f", "#8c564b", "#aec7e8", "#ffbb78"],
];
export const kindColour: Readonly<Record<StrategyFigures["kind"], string>> = {
  oracle: "#000000",
  selector: "#0072b2",
  "category table": "#e69f00",
  "best single": "#d55e00",
  cheapest: "#cc79a7",
  always: "#999999",
  random: "#999999",
};

/** As SVG, without a browser. */
export function draw(height: number, option: Option): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: font }, color: palette, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Names are of any length; an axis is not. */
export const axisName = (name: string): string => {
  const shown = [...shownName(name)];
  return shown.length > 34 ? `${shown.slice(0, 33).join("")}…` : shown.join("");
};

/** An axis of strategies, the first on top. */
export const names = (list: readonly StrategyFigures[]) => ({
  type: "category" as const,
  inverse: true,
  data: list.map(({ name }) => axisName(name)),
  axisTick: { show: false },
  axisLabel: { fontSize: 12, color: "#222" },
});

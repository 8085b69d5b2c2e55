import { type Chart, draw, palette } from "../../validate/draw.ts";
import { escapeHtml, figures, pageOf } from "../../validate/page.ts";
import type { FamilySummary, SplitMetrics } from "./family-files.ts";
import type { EpochFigures } from "./fit-task.ts";
import type { TaskBlock } from "./split-figures.ts";
import type { TrainedFamily, TrainedTask } from "./train-family.ts";

interface FamilyReport extends FamilySummary {
  readonly trained: TrainedFamily;
  /** Of the test rows: the same figures as in metrics_test.json. */
  readonly metrics: SplitMetrics | undefined;
}

/** report.html: what each task learnt, pass by pass, and how it does on the test rows. */
export function packReport(families: readonly FamilyReport[]): string {
  const sections = families.map((report) => {
    const tasks = report.trained.tasks.map((task) => ({
      task,
      block: report.metrics?.per_task[task.name],
    }));
    const warnings = report.trained.warnings.map((one) => `<li>${escapeHtml(one)}</li>`);
    const charts = [
      epochChart(report.trained.tasks),
      ...tasks.flatMap(({ task, block }) => (block ? [confusionChart(task.name, block)] : [])),
    ];
    return `<h1>Family ${report.family}</h1>
<p class="facts">Rows: ${escapeHtml(JSON.stringify(report.rows))}. Data sha256 ${report.data_sha256.slice(0, 12)}.
int8 weights change ${report.int8_changes.changed} of ${report.int8_changes.rows} answers.</p>
${warnings.length > 0 ? `<ul class="warning">${warnings.join("\n")}</ul>` : ""}
<div class="wide"><table><thead><tr><th>Task</th><th>Test rows</th><th>Accuracy [95 %]</th><th>Majority</th><th>Macro-F1 [95 %]</th><th>Calibration error</th><th>Passes</th></tr></thead>
<tbody>${tasks.map(({ task, block }) => rowOf(task, block)).join("\n")}</tbody></table></div>
${figures(charts)}`;
  });
  return pageOf("Training of the model pack", sections.join("\n"));
}

function rowOf({ name, bestEpoch, epochs }: TrainedTask, block: TaskBlock | undefined): string {
  const within = ([low = 0, high = 0]: readonly number[]) =>
    `[${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const cells = block
    ? [
        `${block.rows}`,
        `${block.accuracy.toFixed(3)} ${within(block.intervals.accuracy)}`,
        block.majority_baseline.toFixed(3),
        `${block.macro_f1.toFixed(3)} ${within(block.intervals.macro_f1)}`,
        block.calibration_error.toFixed(3),
      ]
    : ["0", "", "", "", ""];
  return `<tr>${[name, ...cells, `${bestEpoch} of ${epochs.length}`].map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
}

/** Accuracy by pass: of the rows that are fitted, dashed, and of those that are held. */
function epochChart(tasks: readonly TrainedTask[]): Chart {
  const colourOf = (i: number): string => palette[i % palette.length] as string;
  const line = ({ epochs }: TrainedTask, i: number, key: "train_accuracy" | "held_accuracy") => ({
    type: "line" as const,
    showSymbol: epochs.length === 1,
    data: epochs.map((one: EpochFigures) => [one.epoch, one[key]]),
    lineStyle: {
      color: colourOf(i),
      type: key === "train_accuracy" ? ("dashed" as const) : ("solid" as const),
    },
    itemStyle: { color: colourOf(i) },
  });
  const svg = draw(360, {
    grid: { left: 60, right: 20, top: 20, bottom: 50 },
    xAxis: {
      type: "value",
      name: "pass",
      nameLocation: "middle",
      nameGap: 28,
      min: 1,
      minInterval: 1,
    },
    yAxis: { type: "value", min: 0, max: 1 },
    series: tasks.flatMap((task, i) => [
      line(task, i, "train_accuracy"),
      line(task, i, "held_accuracy"),
    ]),
  });
  return {
    title: "Accuracy by pass",
    caption: "Dashed: rows that are fitted. Solid: the tenth that is held from the first fit.",
    svg,
    legend: tasks.map(({ name }, i) => ({ name, colour: colourOf(i) })),
  };
}

/** Shares of a label's rows by what was said of them. */
function confusionChart(task: string, { labels, confusion_matrix, support }: TaskBlock): Chart {
  const cells = confusion_matrix.flatMap((row, actual) =>
    row.flatMap((count, predicted) => {
      const own = support[labels[actual] as string] ?? 0;
      return count === 0 || own === 0 ? [] : [{ actual, predicted, share: count / own }];
    }),
  );
  const axis = { type: "category" as const, data: [...labels], axisTick: { show: false } };
  const svg = draw(labels.length * 26 + 190, {
    grid: { left: 160, right: 20, top: 110, bottom: 60 },
    xAxis: { ...axis, position: "top", axisLabel: { rotate: 40, interval: 0, fontSize: 12 } },
    yAxis: { ...axis, inverse: true, axisLabel: { interval: 0, fontSize: 12 } },
    visualMap: {
      min: 0,
      max: 1,
      orient: "horizontal",
      left: "center",
      bottom: 5,
      inRange: { color: ["#f7f7f7", "#0072b2"] },
    },
    series: [
      {
        type: "heatmap",
        data: cells.map(({ actual, predicted, share }) => ({
          value: [predicted, actual, Number(share.toFixed(3))],
          label: { color: share > 0.6 ? "#fff" : "#222" },
        })),
        label: { show: true, fontSize: 11 },
        itemStyle: { borderColor: "#fff", borderWidth: 1 },
      },
    ],
  });
  return {
    title: `${task}: what was said`,
    caption: "By the label that a test row has (left), shares of what was said (above).",
    svg,
  };
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { topicRows } from "../testing/toy-rows.ts";
import { trainToy } from "../testing/train-toy.ts";
import { blockOf } from "./split-figures.ts";

vi.setConfig({ testTimeout: 60_000 });

test("a label of test rows that training had none of counts as wrong, in report.html as in metrics_test.json", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-labels-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const isKnown = ({ label }: { readonly label: string }) => label !== "food";
  await trainToy(folder, { train: topicRows(300, 1).filter(isKnown), test: topicRows(90, 2) });
  const metrics = JSON.parse(readFileSync(join(folder, "router_metrics_test.json"), "utf8"));
  const { accuracy, macro_f1, majority_baseline, intervals, labels, support } =
    metrics.per_task.query_domain;
  expect({ labels, support }).toEqual({
    labels: ["food", "travel", "finance"],
    support: { food: 30, travel: 30, finance: 30 },
  });
  expect(accuracy).toBeLessThanOrEqual(0.667);
  for (const [value, [low, high]] of [
    [accuracy, intervals.accuracy],
    [macro_f1, intervals.macro_f1],
  ]) {
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
  }
  const shown = (value: number, [low, high]: readonly [number, number]) =>
    `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const cells = [
    "query_domain",
    "90",
    shown(accuracy, intervals.accuracy),
    majority_baseline.toFixed(3),
    shown(macro_f1, intervals.macro_f1),
  ].map((cell) => `<td>${cell}</td>`);
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain(cells.join(""));
});

test("figures over labels that are not all there are refused", () => {
  const verdicts = [{ actual: "travel", predicted: "food", confidence: 1 }];
  expect(() => blockOf(verdicts, ["food"], 1)).toThrow(/travel is not among the labels/);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { findPrometheus } from "../observability/start-prometheus.ts";
import { root, run } from "./programs.ts";

const adapter = load(readFileSync(join(root, "deploy/helm/prometheus-adapter.yaml"), "utf8")) as {
  rules: { custom: { name: { as: string }; metricsQuery: string }[] };
};
const [rule] = adapter.rules.custom;
const { name, metricsQuery = "" } = rule ?? {};

test("the adapter serves the metric that the autoscalers ask for", () => {
  for (const file of [
    "deploy/helm/signalbox/templates/autoscaler.yaml",
    "deploy/kustomize/overlays/production/autoscaler.yaml",
  ]) {
    expect(readFileSync(join(root, file), "utf8")).toContain(`name: ${name?.as}\n`);
  }
});

const folder = findPrometheus();

test.skipIf(folder === undefined)("its query, evaluated by promtool", () => {
  // As the adapter fills it in, for the Pods of a namespace.
  const query = metricsQuery
    .replaceAll("<<.LabelMatchers>>", 'namespace="llm",pod=~"busy|idle"')
    .replaceAll("<<.GroupBy>>", "pod");
  const bucket = (pod: string, le: string, values: string) => ({
    series: `signalbox_embedding_queue_wait_seconds_bucket{namespace="llm",pod="${pod}",le="${le}"}`,
    values,
  });
  const ready = (pod: string) => ({
    series: `signalbox_ready{namespace="llm",pod="${pod}"}`,
    values: "1x10",
  });
  const unitTest = {
    evaluation_interval: "30s",
    tests: [
      {
        interval: "30s",
        input_series: [
          // Of 100 texts 90 wait less than 10 ms, 10 between 10 and 50 ms: 95 of 100 less than 30 ms.
          ...[bucket("busy", "0.01", "0+90x10"), bucket("busy", "0.05", "0+100x10")],
          ...[bucket("busy", "+Inf", "0+100x10"), ready("busy")],
          ...[bucket("idle", "0.01", "7x10"), bucket("idle", "+Inf", "7x10"), ready("idle")],
        ],
        promql_expr_test: [
          {
            expr: `round(${query}, 0.001)`,
            eval_time: "4m",
            exp_samples: [
              { labels: '{pod="busy"}', value: 0.03 },
              { labels: '{pod="idle"}', value: 0 },
            ],
          },
        ],
      },
    ],
  };
  const work = mkdtempSync(join(tmpdir(), "signalbox-adapter-"));
  try {
    const file = join(work, "test.yaml");
    writeFileSync(file, JSON.stringify(unitTest));
    const { status, stdout, stderr } = run(join(folder as string, "promtool"), [
      "test",
      "rules",
      file,
    ]);
    expect({ status, output: stdout + stderr }).toEqual({
      status: 0,
      output: expect.stringContaining("SUCCESS"),
    });
  } finally {
    rmSync(work, { recursive: true });
  }
});

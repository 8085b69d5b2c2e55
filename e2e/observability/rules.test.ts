import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { prometheusRule } from "../../scripts/prometheus-rule.ts";
import { alerts, dashboard, sidesOf } from "./queries.ts";
import { findPrometheus, observabilityFolder, root } from "./start-prometheus.ts";

const folder = findPrometheus();
const promtool = (...args: readonly string[]) =>
  spawnSync(join(folder ?? "", "promtool"), args, { encoding: "utf8", cwd: observabilityFolder });

const tests = load(
  readFileSync(join(observabilityFolder, "signalbox.rules.test.yaml"), "utf8"),
) as {
  tests: {
    name: string;
    alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[];
  }[];
};

test.skipIf(!folder)(
  "promtool finds nothing wrong with the rules and the scrape configuration",
  () => {
    expect(promtool("check", "config", "prometheus.yaml")).toMatchObject({ status: 0 });
  },
);

test.skipIf(!folder)("promtool's unit tests of the rules pass", () => {
  expect(promtool("test", "rules", "signalbox.rules.test.yaml")).toMatchObject({ status: 0 });
});

test("every alert fires in a unit test, and in the healthy one none does", () => {
  const [healthy, ...sick] = tests.tests;
  const names = alerts.map(({ alert }) => alert).sort();
  const quiet = healthy?.alert_rule_test ?? [];
  expect(quiet.map(({ alertname }) => alertname).sort()).toEqual(names);
  expect(quiet.filter(({ exp_alerts }) => exp_alerts.length > 0)).toEqual([]);
  const firing = sick.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
  const fired = firing.filter(({ exp_alerts }) => exp_alerts.length === 1);
  expect([...new Set(fired.map(({ alertname }) => alertname))].sort()).toEqual(names);
});

test("every alert has its section in docs/alerts.md, and no other has one", () => {
  const docs = readFileSync(join(root, "docs/alerts.md"), "utf8");
  const sections = [...docs.matchAll(/^## (Signalbox\w+)$/gm)].map(([, name]) => name);
  expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  for (const { alert, annotations } of alerts) {
    expect(annotations["runbook_url"]).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
  }
  for (const section of docs
    .split(/^## /m)
    .slice(1)
    .filter((one) => one.startsWith("Signalbox"))) {
    for (const part of ["**Means.**", "**Look at.**", "**Do.**"]) expect(section).toContain(part);
  }
});

test("prometheusrule.yaml is made from the rules", () => {
  expect(readFileSync(join(observabilityFolder, "prometheusrule.yaml"), "utf8")).toBe(
    prometheusRule(),
  );
});

test("the panels of the dashboard do not overlap, and each says what it shows", () => {
  const taken = new Set<string>();
  for (const { gridPos, title, ...panel } of dashboard.panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), title).toBe(false);
        taken.add(`${x},${y}`);
      }
    }
    if (panel.type !== "row") expect((panel as { description?: string }).description).toBeTruthy();
  }
});

test("an alert's expression is taken apart at its comparison", () => {
  expect(sidesOf('up{job=~".*"} == 0')).toEqual(['up{job=~".*"}', "0"]);
  expect(sidesOf("a / (b > 0) > 0.1")).toEqual(["a / (b > 0)", "0.1"]);
});

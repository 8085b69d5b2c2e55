import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../ask.ts";
import { alerts, dashboard, filledIn, recordings, sidesOf } from "./queries.ts";
import { type Observed, startObserved } from "./start-observed.ts";
import { findPrometheus, type Prometheus, root, startPrometheus } from "./start-prometheus.ts";
import { oneOfEach, sendTraffic } from "./traffic.ts";

const folder = findPrometheus();

describe.skipIf(!folder)("a real Prometheus that scrapes a loaded signalbox", () => {
  let observed: Observed;
  let prometheus: Prometheus;
  beforeAll(async () => {
    observed = await startObserved({ tls: true });
    prometheus = await startPrometheus(folder as string, [
      new URL(observed.signalbox.metricsUrl).host,
    ]);
    for (const body of oneOfEach()) await ask(observed.envoy.url, { body });
    observed.configure({ strategy: "confidence" });
    await sendTraffic(observed.envoy.url, 2, performance.now() + 2_000);
    await untilKnown("signalbox_config_generation == 2");
    await sendTraffic(observed.envoy.url, 2, performance.now() + 1_500);
    // What is made of rules that are made of rules is two evaluations behind.
    await untilKnown("signalbox:prompt_cost_saved_estimate:rate5m != 0");
  });
  afterAll(async () => {
    await prometheus?.stop();
    await observed?.stop();
  });

  async function untilKnown(expr: string): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if ((await prometheus.query(expr)).length > 0) return;
      await pause(200);
    }
    throw new Error(`Prometheus never knew ${expr}`);
  }

  /** Nothing to compare where there is no such thing; said aloud. */
  function isMissing(expr: string): boolean {
    const why =
      (!observed.hasRedis && /shared_cache/.test(expr) && "there is no Redis") ||
      (!observed.hasTls && /signalbox_tls/.test(expr) && "no certificate can be made") ||
      (/memory_limit/.test(expr) && !isLimited() && "no memory limit is set on this machine");
    if (why) console.warn(`signalbox: NOT CHECKED, because ${why}: ${expr}`);
    return why !== false;
  }
  const isLimited = () => {
    const limit = process.constrainedMemory();
    return limit > 0 && limit < 2 ** 60;
  };

  test("it finds signalbox, and no rule of ours in error", async () => {
    expect(await prometheus.query('up{job="signalbox"} == 1')).toHaveLength(1);
    const answer = await fetch(`${prometheus.url}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const found = data.groups.flatMap((group) => group.rules);
    expect(found).toHaveLength(alerts.length + recordings.length);
    expect(found.filter(({ health }) => health !== "ok")).toEqual([]);
  });

  test("every recording rule has data", async () => {
    for (const { record } of recordings) {
      expect(await prometheus.query(record), record).not.toEqual([]);
    }
  });

  test("both sides of what every alert compares have data", async () => {
    for (const { alert, expr } of alerts) {
      for (const side of sidesOf(expr)) {
        if (isMissing(side)) continue;
        expect(await prometheus.query(side), `${alert}: ${side}`).not.toEqual([]);
      }
    }
  });

  test("every query of the dashboard has data, and numbers in it", async () => {
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { expr, legendFormat } of targets) {
        const query = filledIn(expr, "30s", "1m");
        const found = await prometheus.query(query);
        expect(found, `${title}: ${query}`).not.toEqual([]);
        const numbers = found.filter(({ value }) => Number.isFinite(Number(value?.[1])));
        expect(numbers, `${title}: ${query}`).not.toEqual([]);
        for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          expect(found[0]?.metric, `${title}: ${query}`).toHaveProperty(label);
        }
      }
    }
    for (const { expr } of dashboard.annotations.list) {
      const [changes = ""] = sidesOf(filledIn(expr, "30s", "1m"));
      expect(await prometheus.query(changes), expr).not.toEqual([]);
    }
  });

  test("the shares of the models are one, and what was saved is what the prices say", async () => {
    const number = async (expr: string) => Number((await prometheus.query(expr))[0]?.value?.[1]);
    expect(await number("sum(signalbox:model_share:ratio_rate5m)")).toBeCloseTo(1, 6);
    const exprOf = (name: string) => recordings.find(({ record }) => record === name)?.expr ?? "";
    // The rules' own expressions: what was recorded of them is some seconds old.
    const cost = await number(`sum(${exprOf("signalbox:prompt_cost_estimate:rate5m")})`);
    const baseline = await number(exprOf("signalbox:prompt_cost_baseline_estimate:rate5m"));
    expect(cost).toBeGreaterThan(0);
    const tokens = (model: string) =>
      number(`sum(rate(signalbox_prompt_chars_total{model="${model}"}[5m])) / 3.5 / 1e6`);
    const [solver, everyday] = [await tokens("solver"), await tokens("everyday")];
    // A scrape may come between two queries.
    const near = (value: number, wanted: number) =>
      expect(Math.abs(value / wanted - 1)).toBeLessThan(0.2);
    near(cost, solver * 3 + everyday * 0.15);
    near(baseline, (solver + everyday) * 3);
  });

  test("every series has the labels that docs/observability.md gives it, and no other", async () => {
    const docs = readFileSync(join(root, "docs/observability.md"), "utf8");
    const documented = new Map(
      [...docs.matchAll(/^\| `((?:llm|signalbox)_\w+)` \| \w+ \|([^|]*)\|/gm)].map(
        ([, name = "", labels = ""]) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, l]) => l)],
      ),
    );
    const text = await (await fetch(observed.signalbox.metricsUrl)).text();
    const seen = new Set<string>();
    for (const [, whole = "", labels = ""] of text.matchAll(
      /^((?:llm|signalbox)_\w+?)(?:\{([^}]*)\})? /gm,
    )) {
      const name = documented.has(whole) ? whole : whole.replace(/_(?:bucket|sum|count)$/, "");
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label);
      const own = names.filter((label) => label !== "le");
      expect(own.sort(), whole).toEqual([...(documented.get(name) ?? ["not in the docs"])].sort());
      seen.add(name);
    }
    // All but those of TLS and of a memory limit.
    expect(seen.size).toBeGreaterThan(documented.size - 8);
  });

  test("no label has a value that a client made up", async () => {
    await ask(observed.envoy.url, {
      body: JSON.stringify({ model: "of-my-own", messages: [{ role: "user", content: "hi" }] }),
    });
    const text = await (await fetch(observed.signalbox.metricsUrl)).text();
    expect(text).toContain('llm_model_requests_total{model="other"} 1');
    expect(text).not.toContain("of-my-own");
    // Bounded by what is configured, not by what is asked: about 30 kB.
    expect(text.length).toBeLessThan(100_000);
  });
});

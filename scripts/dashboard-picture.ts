// node scripts/dashboard-picture.ts [SECONDS]: docs/observability/dashboard.png.
// Starts a real signalbox behind a real Envoy, sends it traffic for SECONDS (180), has a real Prometheus scrape it, asks
// Prometheus the queries of the Grafana dashboard, and draws the answers. Grafana itself is not at hand here: the panels
// are drawn by ECharts in Chromium.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { load } from "js-yaml";
import { chromium } from "playwright-core";
import { ask, chatBody } from "../e2e/ask.ts";
import { mixedBodies } from "../e2e/load/queries.ts";
import { dashboard } from "../e2e/observability/queries.ts";
import { type Observed, type Routing, startObserved } from "../e2e/observability/start-observed.ts";
import {
  findPrometheus,
  type Prometheus,
  startPrometheus,
} from "../e2e/observability/start-prometheus.ts";
import { readConfigText } from "../src/config/load.ts";
import { packageRoot } from "../src/config/paths.ts";
import { panelPage } from "./dashboard-picture/page.ts";

const seconds = Number(process.argv[2] ?? 180);
const target = join(packageRoot, "docs/observability/dashboard.png");
const chromiumBinary = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";

/** Examples, in USD a million tokens: the picture is about the panels. */
const prices: Readonly<Record<string, readonly [number, number]>> = {
  "Yi-34B": [0.8, 0.8],
  "mathstral-7B": [0.25, 0.25],
  "Phi-3-mini-4k-instruct": [0.13, 0.52],
  "Mixtral-8x7B-Instruct-v0.1": [0.7, 0.7],
  "Llama-3.1-8B-Instruct": [0.2, 0.2],
  "c4ai-command-r-v01": [0.5, 1.5],
};

/** Milliseconds to an answer's first byte. */
const latencyOf = (model: string): number =>
  20 + 180 * Math.random() ** 2 * (prices[model]?.[0] ?? 0.5);

function routing(): Routing {
  const config = load(readConfigText(join(packageRoot, "config/default.yaml"))) as Routing;
  const model_config = Object.fromEntries(
    Object.entries(prices).map(([model, [prompt_per_1m, completion_per_1m]]) => [
      model,
      { ...config.model_config?.[model], pricing: { prompt_per_1m, completion_per_1m } },
    ]),
  );
  return { ...config, model_config };
}

const limits = { deadline_ms: 150, max_waiting_texts: 24 };
/** Quiet, busier, a burst of texts that no cache has, and a reload at half time. */
async function sendDay(observed: Observed): Promise<void> {
  const { url } = observed.envoy;
  const bodies = mixedBodies(60_000);
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1000 / seconds;
  let at = 0;
  let reloaded = false;
  async function caller(from: number): Promise<void> {
    while (passed() < 1) {
      const now = passed();
      // One caller after the other joins, and leaves again.
      if (Math.sin(now * Math.PI) * 8 < from) {
        await pause(200);
        continue;
      }
      const lot = Math.random();
      const body =
        lot < 0.01 ? chatBody("") : lot < 0.015 ? "{ this is no JSON" : (bodies[at++] as string);
      await ask(url, { body });
      await pause(20 * Math.random());
    }
  }
  async function events(): Promise<void> {
    while (passed() < 1) {
      await pause(500);
      if (passed() > 0.5 && !reloaded) {
        reloaded = true;
        observed.configure({ strategy: "confidence" });
      }
      if (Math.abs(passed() - 0.7) < 0.02) {
        const long = (i: number) => chatBody(`${"word ".repeat(300)}${i} ${Math.random()}`);
        await Promise.all(Array.from({ length: 60 }, (_, i) => ask(url, { body: long(i) })));
      }
    }
  }
  await Promise.all([events(), ...Array.from({ length: 8 }, (_, i) => caller(i))]);
}

async function panels(prometheus: Prometheus, from: number, to: number) {
  const found = [];
  for (const panel of dashboard.panels) {
    const answers = [];
    for (const { expr, legendFormat } of panel.targets ?? []) {
      const query = expr
        .replaceAll("$job", ".*")
        .replaceAll("$__rate_interval", "10s")
        .replaceAll("$__range", `${Math.round(to - from)}s`);
      const stepSeconds = Math.max(1, Math.round((to - from) / 180));
      answers.push({
        legendFormat,
        series: await prometheus.queryRange(query, { from, to, stepSeconds }),
      });
    }
    found.push({ panel, answers });
  }
  return found;
}

const folder = findPrometheus();
if (folder === undefined) process.exit(2);
const observed = await startObserved({
  routing: routing(),
  baseline: "Yi-34B",
  limits,
  async beforeAnswer(model) {
    await pause(latencyOf(model));
    // The mock answers 500.
    if (model === "c4ai-command-r-v01" && Math.random() < 0.05) throw new Error("a bad day");
  },
});
try {
  const prometheus = await startPrometheus(folder, [new URL(observed.signalbox.metricsUrl).host]);
  try {
    await pause(3000);
    const from = Date.now() / 1000;
    await sendDay(observed);
    const html = panelPage(await panels(prometheus, from, Date.now() / 1000), { from });
    const browser = await chromium.launch({
      executablePath: chromiumBinary,
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
      await page.setContent(html);
      mkdirSync(dirname(target), { recursive: true });
      await page.screenshot({ path: target, fullPage: true });
    } finally {
      await browser.close();
    }
  } finally {
    await prometheus.stop();
  }
} finally {
  await observed.stop();
}
console.error(`signalbox: wrote ${target}`);

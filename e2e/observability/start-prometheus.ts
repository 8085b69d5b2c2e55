import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import { freePorts } from "../free-ports.ts";
import { isOk, waitUntil } from "../wait.ts";

export const root: string = join(import.meta.dirname, "../..");
export const observabilityFolder: string = join(root, "deploy/observability");

/** Folder of `prometheus` and `promtool`; undefined, said aloud, where there are none and none can be fetched. */
export function findPrometheus(): string | undefined {
  const { status, stdout, stderr } = spawnSync(join(root, "scripts/get-prometheus.sh"), {
    encoding: "utf8",
  });
  if (status === 0) return stdout.trim();
  console.warn(`signalbox: SKIPPED, what needs a real Prometheus.\n${stderr}`);
  return undefined;
}

/** A value of an instant query, or a series of a range query. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the number as text. */
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export interface Prometheus {
  readonly url: string;
  readonly child: Child;
  query(expr: string): Promise<readonly Series[]>;
  queryRange(
    expr: string,
    range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
  ): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

/** A real Prometheus that scrapes `targets` (host:port) every second as job signalbox, with our rules. */
export async function startPrometheus(
  folder: string,
  targets: readonly string[],
): Promise<Prometheus> {
  const work = mkdtempSync(join(tmpdir(), "signalbox-prometheus-"));
  const config = join(work, "prometheus.json");
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [join(observabilityFolder, "signalbox.rules.yaml")],
      scrape_configs: [{ job_name: "signalbox", static_configs: [{ targets }] }],
    }),
  );
  const [port] = await freePorts(1);
  const child = await startChild({
    name: "prometheus",
    command: join(folder, "prometheus"),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(work, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(() => isOk(`${url}/-/ready`), child);
  async function ask(path: string, parameters: Record<string, string>): Promise<readonly Series[]> {
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const json = (await answer.json()) as { data?: { result: Series[] }; error?: string };
    if (!json.data) throw new Error(`${parameters["query"]}: ${json.error}`);
    return json.data.result;
  }
  return {
    url,
    child,
    query: (query) => ask("query", { query }),
    queryRange: (query, { from, to, stepSeconds }) =>
      ask("query_range", { query, start: `${from}`, end: `${to}`, step: `${stepSeconds}` }),
    async stop() {
      await child.stop();
      rmSync(work, { recursive: true, force: true });
    },
  };
}

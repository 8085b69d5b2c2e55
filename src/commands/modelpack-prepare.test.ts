import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { writingLlm } from "../modelpack/prepare/testing/writing-llm.ts";
import { families, tasks } from "../tasks.ts";
import { runCli } from "./testing/run-cli.ts";

function newPipeline(target: number): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-modelpack-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const sections = `[paths]\nprepared_dir = "out"\n[prepare]\ntarget_per_task_label = ${target}\n[synthetic_llm]\nmax_retries = 0\n`;
  writeFileSync(join(folder, "model_pipeline.toml"), sections);
  return join(folder, "model_pipeline.toml");
}

const labels = tasks.filter(({ optional }) => !optional).flatMap((task) => task.labels).length;

const rowsIn = (folder: string): string[] =>
  families.flatMap((family) =>
    ["train", "test", "eval"].flatMap((split) =>
      gunzipSync(readFileSync(join(folder, `${family}_${split}.jsonl.gz`)))
        .toString("utf8")
        .split("\n")
        .filter(Boolean),
    ),
  );

test("killed again and again, it ends with every row once; nothing that was written is asked again", async () => {
  const config = newPipeline(8);
  const folder = join(config, "../out");
  const llm = await writingLlm();
  onTestFinished(() => llm.close());
  const env = { LLM_EVAL__MODEL: "m", LLM_EVAL__BASE_URL: llm.endpoint, HF_HUB_OFFLINE: "1" };
  const cli = join(import.meta.dirname, "../cli.ts");
  for (const until of [60, 200, 420]) {
    const child = spawn(process.execPath, [cli, "modelpack", "prepare", "--config", config], {
      env,
    });
    await expect
      .poll(() => llm.requests(), { timeout: 30_000, interval: 5 })
      .toBeGreaterThan(until);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const journals = families
    .map((family) => join(folder, `${family}_synthetic.jsonl`))
    .filter((path) => existsSync(path));
  const kept = journals
    .flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line));
  expect(kept.length).toBeGreaterThan(50);

  const ended = await runCli(
    ["modelpack", "prepare", "--config", config, "--json", "--strict"],
    env,
  );
  expect(ended).toMatchObject({ code: 0 });
  const rows = rowsIn(folder).map((line) => JSON.parse(line));
  expect(rows).toHaveLength(8 * labels);
  const key = ({ task, label, text, text_a: a, text_b: b }: Record<string, string>) =>
    JSON.stringify([task, label, text, a, b]);
  expect(new Set(rows.map(key)).size).toBe(rows.length);
  const there = new Set(rows.map(key));
  for (const row of kept) expect(there.has(key(row))).toBe(true);
  const asked = llm.requests();
  const again = await runCli(["modelpack", "prepare", "--config", config], env);
  expect([again.code, llm.requests()]).toEqual([0, asked]);
  expect(again.out).toMatch(/router +\d+ train.*unchanged/);
}, 60_000);

test("what is missing is said; with --strict it is a no", async () => {
  const config = newPipeline(1);
  const { code, err } = await runCli([
    "modelpack",
    "prepare",
    "--config",
    config,
    "--no-llm",
    "--strict",
  ]);
  expect(code).toBe(1);
  expect(err).toContain("memory_type::episodic_event has 0 of 1 rows: no_llm");
  expect(await runCli(["modelpack", "prepare", "--config", config, "--no-llm"])).toMatchObject({
    code: 0,
  });
});

test.each([
  { args: ["--config", "/nowhere/x.toml"], want: "config_not_found" },
  { args: ["--target-per-task-label", "0"], want: "It must be a whole number above 0" },
])("refused: $args", async ({ args, want }) => {
  const config = newPipeline(1);
  const ended = await runCli(["modelpack", "prepare", "--config", config, ...args]);
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(want) });
});

test("without an LLM and without leave to do without, it says what to set", async () => {
  const ended = await runCli(["modelpack", "prepare", "--config", newPipeline(1)]);
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("LLM_EVAL__MODEL") });
});

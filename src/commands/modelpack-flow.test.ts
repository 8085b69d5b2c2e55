import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { localHub } from "../hub/testing/local-hub.ts";
import { writingLlm } from "../modelpack/prepare/testing/writing-llm.ts";
import { runCli } from "./testing/run-cli.ts";

const toml = `[paths]
prepared_dir = "prepared"
trained_models_dir = "models"
datasets_cache_dir = ""
[prepare]
target_per_task_label = 20
[train]
[synthetic_llm]

[[datasets]]
name = "tickets"
target = "router"
dataset_id = "owner/name"
required = true
task = "query_domain"
text_field = "subject"
label_field = "queue"
label_map = { billing = "finance" }
`;

const tickets = Array.from(
  { length: 30 },
  (_, at) =>
    `query_domain finance: invoice ${at} was charged twice,${at % 10 === 0 ? "it" : "billing"}`,
);

const bytesIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );

test("from an empty folder, a hub and an LLM to answers: prepared, trained, killed in between, asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-modelpack-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "model_pipeline.toml");
  writeFileSync(config, toml);
  const hub = await localHub(
    { "train.csv": `subject,queue\n${tickets.join("\n")}\n` },
    { kind: "dataset" },
  );
  onTestFinished(() => hub.close());
  const llm = await writingLlm();
  onTestFinished(() => llm.close());
  const env = {
    ...{ LLM_EVAL__MODEL: "m", LLM_EVAL__BASE_URL: llm.endpoint },
    ...{ HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, "hub") },
  };

  const prepared = await runCli(
    ["modelpack", "prepare", "--config", config, "--json", "--strict"],
    env,
  );
  expect(prepared).toMatchObject({ code: 0 });
  expect(JSON.parse(prepared.out).datasets.tickets).toMatchObject({ rows: 30, taken: 20 });
  const asked = llm.requests();
  const rows = bytesIn(join(folder, "prepared"));
  expect(await runCli(["modelpack", "prepare", "--config", config], env)).toMatchObject({
    code: 0,
  });
  expect(llm.requests()).toBe(asked);
  const { "manifest.json": _, ...kept } = bytesIn(join(folder, "prepared"));
  expect(rows).toMatchObject(kept);

  const train = ["modelpack", "train", "--config", config, "--max-iter", "5"];
  const child = spawn(process.execPath, [join(import.meta.dirname, "../cli.ts"), ...train]);
  await once(child.stderr, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await runCli(train)).toMatchObject({ code: 0 });
  const other = join(folder, "other");
  expect(await runCli([...train, "--output-dir", other])).toMatchObject({ code: 0 });
  const { "manifest.json": own, ...models } = bytesIn(join(folder, "models"));
  const { "manifest.json": theirs, ...again } = bytesIn(other);
  expect(own).toBeDefined();
  expect(theirs).toBeDefined();
  expect(Object.keys(models).join()).toMatch(/router_model-[0-9a-f]{12}\.safetensors/);
  expect(Object.keys(again)).toEqual(Object.keys(models));
  for (const [name, bytes] of Object.entries(models))
    expect([name, again[name] === bytes]).toEqual([name, true]);

  const text = "query_domain travel amber basin cedar harbor meadow.";
  const models_dir = ["--models-dir", join(folder, "models")];
  const told = await runCli([
    "modelpack",
    "predict",
    ...models_dir,
    "--task",
    "query_domain",
    "--text",
    text,
  ]);
  expect(told.code).toBe(0);
  expect(JSON.parse(told.out.split("\n")[0] ?? "")).toMatchObject({
    task: "query_domain",
    label: "travel",
  });
}, 120_000);

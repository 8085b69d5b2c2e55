import { execFile, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { type Child, startChild } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { startMockLlm } from "./mock-llm/start-mock-llm.ts";
import { isOk, waitUntil } from "./wait.ts";

/** Every command of the README, as it stands there, but for the ports: those may be taken on this machine. */
const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) =>
  block.trim(),
);
const [makeRun = "", curl = "", explain = "", check = "", serve = "", ...more] = commands;
const [doctor = "", qwen3 = "", ...offline] = more;
const [benchmark = "", label = "", train = "", validate = "", ...others] = offline;

/** The commands read and write beside themselves: here, not in the checkout. */
const folder = mkdtempSync(join(tmpdir(), "signalbox-readme-"));
mkdirSync(join(folder, "bin"));
symlinkSync(join(root, "bin/signalbox"), join(folder, "bin/signalbox"));
symlinkSync(join(root, "config"), join(folder, "config"));
symlinkSync(join(root, "gateway-resources"), join(folder, "gateway-resources"));

const children: Child[] = [];
afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  rmSync(folder, { recursive: true });
});

const sh = (command: string) => promisify(execFile)("sh", ["-c", command], { cwd: folder });

async function start(
  command: string,
  cwd: string,
  env: Record<string, string> = {},
): Promise<Child> {
  const args = ["-c", `cd '${cwd}' && exec ${command}`];
  const child = await startChild({ name: command, command: "sh", args, env });
  children.push(child);
  return child;
}

test("every command of the README is run below", () => {
  expect(makeRun).toBe("make run");
  expect(curl).toMatch(/^curl /);
  const names = [explain, check, serve, doctor, qwen3, benchmark, label, train, validate].map(
    (one) => one.split(" ", 2)[1],
  );
  const wanted = "explain check serve doctor download benchmark label train validate";
  expect(names).toEqual(wanted.split(" "));
  expect(others).toEqual([]);
});

test("make run, then the curl", async () => {
  const names = ["PORT", "ADMIN_PORT", "GRPC_PORT", "API_PORT", "METRICS_PORT"];
  const ports = await freePorts(names.length);
  const env = Object.fromEntries(names.map((name, at) => [name, `${ports[at]}`]));
  const child = await start(makeRun, root, env);
  await waitUntil(async () => child.output().includes("Ctrl-C"), child, 60_000);
  const { stdout } = await sh(curl.replace("10000", `${ports[0]}`));
  expect(stdout).toMatch(/^HTTP\/1\.1 200/);
  expect(stdout).toMatch(/x-vsr-selected-model: \S+/);
  expect(stdout).toMatch(/x-vsr-selected-category: math/);
  child.signal("SIGINT");
  await child.exited;
});

test("explain and check", async () => {
  expect((await sh(explain)).stdout).toMatch(/^model .*\ndecision .*\ndomain +math/);
  expect((await sh(check)).stdout).toContain("decisions");
});

const kubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;
if (!kubectl)
  console.warn("SKIPPED: the README's doctor renders a kustomization, and there is no kubectl");

test.runIf(kubectl)("doctor", async () => {
  expect((await sh(doctor)).stdout).toContain("no problem");
});

test("serve", async () => {
  const [grpc, api, metrics] = await freePorts(3);
  const ports = `--port ${grpc} --api-port ${api} --metrics-port ${metrics}`;
  const child = await start(`${serve} --host 127.0.0.1 ${ports}`, folder);
  await waitUntil(() => isOk(`http://127.0.0.1:${api}/ready`), child);
  expect(await isOk(`http://127.0.0.1:${metrics}/metrics`)).toBe(true);
  child.signal("SIGTERM");
  expect(await child.exited).toMatchObject({ code: 0 });
});

test("download and train for Qwen3: as far as they go without the hub", async () => {
  const [download = "", trainFor = ""] = qwen3.split("\n");
  const places = `HF_HUB_OFFLINE=1 HF_HOME='${folder}'`;
  await expect(sh(`${places} ${download}`)).rejects.toThrow("HF_HUB_OFFLINE forbids");
  writeFileSync(join(folder, "records.jsonl"), "");
  await expect(sh(`${places} ${trainFor}`)).rejects.toThrow("[training_data_invalid]");
});

test("benchmark", async () => {
  const llm = await startMockLlm({ model: "llm" });
  writeFileSync(join(folder, "queries.jsonl"), '{"query": "1 + 1?", "ground_truth": "2"}\n');
  await sh(`LLM_ENDPOINT=http://127.0.0.1:${llm.port}/v1 ${benchmark}`).finally(llm.close);
  const lines = readFileSync(join(folder, "benchmark.jsonl"), "utf8").trim().split("\n");
  const models = lines.map((line) => JSON.parse(line).model_name);
  expect(models.sort()).toEqual(["llama3.2:3b", "mistral:7b"]);
});

test("label, train and validate", async () => {
  const topics = [
    "integrals of polynomials",
    "the law of contracts",
    "cells and genes",
    "poems about rain",
  ];
  const records = Array.from(
    { length: 60 },
    (_, at) => `tell me about ${topics[at % 4]}, part ${at}`,
  ).flatMap((query, at) =>
    ["small", "large"].map((model_name) => ({
      query,
      model_name,
      performance: (model_name === "large") === at % 4 < 2 ? 1 : 0,
      response_time: model_name === "large" ? 2 : 0.5,
    })),
  );
  const write = (name: string, lines: typeof records) =>
    writeFileSync(
      join(folder, name),
      lines.map((record) => `${JSON.stringify(record)}\n`).join(""),
    );
  write("benchmark.jsonl", records.slice(0, 80));
  write("held-out.jsonl", records.slice(80));
  expect((await sh(label)).stdout).toContain("80 records: 80 labelled");
  await sh(train);
  const written = readdirSync(join(folder, "models/mine"));
  for (const name of ["knn", "kmeans", "svm"]) expect(written).toContain(`${name}_model.json`);
  expect((await sh(validate)).stdout).toContain("Validation Results (20 test queries, 2 models)");
  expect(readdirSync(join(folder, "report"))).toContain("report.html");
});

test("the library's example imports what the package exports", async () => {
  const [, names = ""] = /import \{ ([^}]+) \} from "signalbox"/.exec(readme) ?? [];
  const program = `import { ${names} } from "signalbox"; console.log(typeof ${names})`;
  const node = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
  });
  expect((await node).stdout.trim()).toBe("function");
});

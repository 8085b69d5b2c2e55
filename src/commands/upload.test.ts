import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { localHub, testCommit } from "../hub/testing/local-hub.ts";
import { runCli } from "./testing/run-cli.ts";
import { commandsOf, runSh } from "./testing/run-sh.ts";
import { recordLines, trainedFolder } from "./testing/trained-folder.ts";

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

let trained: string;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-trained-"));
  trained = await trainedFolder(folder);
  return () => rm(folder, { recursive: true });
}, 60_000);

let folder: string;
let models: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-upload-"));
  folder = made;
  models = join(made, "models");
  cpSync(trained, models, { recursive: true });
  onTestFinished(() => rm(made, { recursive: true }));
});

async function hubOf(
  options: Parameters<typeof localHub>[1] = {},
  files: Readonly<Record<string, Buffer | string>> = {},
) {
  const hub = await localHub(files, { token: "hf_secret", ...options });
  onTestFinished(() => hub.close());
  return hub;
}

const signalbox = (
  endpoint: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) => runCli(args, { HF_HOME: folder, HF_ENDPOINT: endpoint, HF_TOKEN: "hf_secret", ...env });

const repo = ["--repo-id", "owner/name"];
const report = (): string => {
  const made = join(folder, "report");
  mkdirSync(made);
  const table = "| Strategy | Avg quality |\n|---|---|\n| KNN Selection | 0.912 |\n";
  writeFileSync(join(made, "report.md"), `# Validation\n\n## Strategies\n\n${table}`);
  const file = "knn_model.safetensors";
  const sha256 = createHash("sha256")
    .update(readFileSync(join(trained, file)))
    .digest("hex");
  writeFileSync(join(made, "report.json"), JSON.stringify({ selectors: [{ file, sha256 }] }));
  return made;
};
const modelFiles = ["knn", "kmeans", "svm"].flatMap((algorithm) => [
  `${algorithm}_model.safetensors`,
  `${algorithm}_model.json`,
]);

const recorded = ["training.json", "training_queries.json"];

test("selectors go up with a card that has the validation's table, and come down the same", async () => {
  const hub = await hubOf();
  // Neither queries nor what is hidden goes along.
  writeFileSync(join(models, "records.jsonl"), recordLines());
  writeFileSync(join(models, ".secret.json"), "{}");
  const up = await signalbox(hub.endpoint, [
    "upload",
    "--model-dir",
    models,
    ...repo,
    "--report",
    report(),
    "--json",
  ]);
  expect(up.code).toBe(0);
  expect(up.out + up.err).not.toContain("hf_secret");
  expect(JSON.parse(up.out)).toMatchObject({
    repository: "owner/name",
    kind: "model",
    commit: testCommit,
  });
  expect([...hub.contents.keys()].sort()).toEqual(
    [
      "README.md",
      ...recorded,
      "validation/report.json",
      "validation/report.md",
      ...modelFiles,
    ].sort(),
  );
  const card = hub.contents.get("README.md")?.toString() ?? "";
  expect(card).toMatch(/^---\nlibrary_name: signalbox\n/);
  expect(card).toContain("- `large`\n- `small`\n");
  expect(card).toContain("Trained on vectors of `minilm-2l`");
  expect(card).toContain("## Validation\n\n### Strategies\n\n| Strategy | Avg quality |");
  const down = join(folder, "down");
  const args = ["download", ...repo, "--output-dir", down];
  const first = await signalbox(hub.endpoint, [...args, "--revision", testCommit, "--json"]);
  expect(first.code).toBe(0);
  const { files } = JSON.parse(first.out);
  expect(files.map(({ path }: { path: string }) => path).sort()).toEqual(
    [...modelFiles, "README.md", ...recorded].map((name) => join(down, name)).sort(),
  );
  for (const name of modelFiles) {
    expect(readFileSync(join(down, name)).equals(readFileSync(join(models, name)))).toBe(true);
    expect(card).toContain(files.find(({ path }: { path: string }) => path.endsWith(name)).sha256);
  }
  expect(JSON.parse((await signalbox(hub.endpoint, [...args, "--json"])).out)).toMatchObject({
    fetched_bytes: 0,
  });
});

test("a dry run asks nobody, and shows the files and the card", async () => {
  const hub = await hubOf();
  const { code, out } = await signalbox(hub.endpoint, [
    "upload",
    "--model-dir",
    models,
    ...repo,
    "--dry-run",
    "--json",
  ]);
  expect(code).toBe(0);
  const { files, card } = JSON.parse(out);
  expect(files.toSorted()).toEqual(["README.md", ...recorded, ...modelFiles].sort());
  expect(card).toContain("No validation report was given");
  expect(hub.asked).toEqual([]);
});

test("a README.md of one's own is kept, with the report at its end", async () => {
  const hub = await hubOf();
  writeFileSync(join(models, "README.md"), "# Mine\n");
  await signalbox(hub.endpoint, ["upload", "--model-dir", models, ...repo, "--report", report()]);
  expect(hub.contents.get("README.md")?.toString()).toMatch(
    /^# Mine\n\n## Validation\n\n### Strategies/,
  );
});

test("a report of other model files is refused", async () => {
  const hub = await hubOf();
  const args = ["upload", "--model-dir", models, ...repo, "--report", report()];
  await rm(join(models, "knn_model.safetensors"));
  const { code, err } = await signalbox(hub.endpoint, args);
  expect(code).toBe(2);
  expect(err).toContain("is of another knn_model.safetensors than the folder has");
  writeFileSync(join(folder, "report/report.json"), "{}");
  expect((await signalbox(hub.endpoint, args)).err).toContain("does not say what was validated");
  expect(hub.asked).toEqual([]);
});

test("records go into a dataset, and come down from it", async () => {
  const hub = await hubOf({ kind: "dataset" });
  writeFileSync(join(folder, "bench.jsonl"), recordLines());
  const data = ["--training-data", ...repo];
  const up = await signalbox(hub.endpoint, [
    "upload",
    ...data,
    "--data-file",
    join(folder, "bench.jsonl"),
    "--private",
  ]);
  expect(up).toMatchObject({
    code: 0,
    out: expect.stringContaining(`owner/name  commit ${testCommit}`),
  });
  for (const more of [[], ["--file", "bench.jsonl"]]) {
    const down = join(folder, `down${more.length}`);
    const { code } = await signalbox(hub.endpoint, [
      "download",
      ...data,
      "--output-dir",
      down,
      ...more,
    ]);
    expect(code).toBe(0);
    expect(readFileSync(join(down, "bench.jsonl"), "utf8")).toBe(recordLines());
  }
});

test("the token of the command line is used and not shown", async () => {
  const hub = await hubOf();
  const args = ["upload", "--model-dir", models, ...repo, "--token", "hf_secret"];
  const { code, out, err } = await signalbox(hub.endpoint, args, { HF_TOKEN: "" });
  expect(code).toBe(0);
  expect(out + err).not.toContain("hf_secret");
});

test.each([
  { case: "nothing is named", args: [], err: "it is not said what to upload" },
  { case: "no selectors there", args: ["--model-dir", "/nowhere"], err: "[model_not_found]" },
  {
    case: "no such repository",
    args: ["--model-dir", ".", "--repo-id", "name"],
    err: "names no repository",
  },
  {
    case: "no report",
    args: ["--model-dir", "MODELS", "--report", "/nowhere"],
    err: "signalbox validate --report",
  },
  { case: "no token", args: ["--model-dir", "MODELS"], env: { HF_TOKEN: "" }, err: "answered 401" },
  {
    case: "offline",
    args: ["--model-dir", "MODELS"],
    env: { HF_HUB_OFFLINE: "1" },
    err: "HF_HUB_OFFLINE",
  },
])("$case: exit code 2 and the reason", async ({ args, env = {}, err }) => {
  const hub = await hubOf();
  const given = args.map((one) => (one === "MODELS" ? models : one));
  const result = await signalbox(hub.endpoint, ["upload", ...repo, ...given], env);
  expect(result).toMatchObject({ code: 2, out: "", err: expect.stringContaining(err) });
  expect(hub.commits).toEqual([]);
});

test("a damaged model file is not published", async () => {
  const hub = await hubOf();
  writeFileSync(join(models, "svm_model.json"), '{"algorithm":"svm"');
  const { code, err } = await signalbox(hub.endpoint, ["upload", "--model-dir", models, ...repo]);
  expect(code).toBe(2);
  expect(err).toContain("[artifact_invalid]");
  expect(hub.asked).toEqual([]);
});

test("download: one algorithm, a warning for what is missing, an error for what is wanted and missing", async () => {
  const hub = await hubOf(
    {},
    { "knn_model.json": readFileSync(join(models, "knn_model.json")), "x.txt": "x" },
  );
  const args = ["download", ...repo, "--output-dir", join(folder, "down")];
  const all = await signalbox(hub.endpoint, args);
  expect(all).toMatchObject({
    code: 0,
    err: expect.stringContaining("warning: the repository has no kmeans, svm file"),
  });
  expect(readdirSync(join(folder, "down"))).toEqual(["knn_model.json"]);
  expect(await signalbox(hub.endpoint, [...args, "--algorithm", "knn"])).toMatchObject({ code: 0 });
  const svm = await signalbox(hub.endpoint, [...args, "--algorithm", "svm"]);
  expect(svm).toMatchObject({ code: 2, err: expect.stringContaining("[model_not_found]") });
});

test("kill -9 in the middle of a download: the next one continues, and the bytes are the same", async () => {
  const name = "knn_model.safetensors";
  const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 251));
  const hub = await hubOf({ lfs: [name] }, { [name]: bytes });
  hub.faults.set(`${name}?signature=secret`, [{ stall: 150_000 }]);
  const down = join(folder, "down");
  const args = ["download", ...repo, "--output-dir", down];
  const env = { HF_HOME: folder, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "hf_secret" };
  const child = execFile(process.execPath, [join(packageRoot, "src/cli.ts"), ...args], { env });
  const ended = once(child, "exit");
  const partial = () =>
    existsSync(down) ? readdirSync(down).find((one) => one.endsWith(".incomplete")) : undefined;
  const size = () => statSync(join(down, partial() ?? "."), { throwIfNoEntry: false })?.size ?? 0;
  while (partial() === undefined || size() < 150_000)
    await new Promise((done) => setTimeout(done, 20));
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(await signalbox(hub.endpoint, args)).toMatchObject({ code: 0 });
  const ranges = hub.asked.filter(({ server }) => server === "files").map(({ range }) => range);
  expect(ranges).toEqual([undefined, "bytes=150000-"]);
  expect(readFileSync(join(down, name)).equals(bytes)).toBe(true);
  expect(readdirSync(down)).toEqual([name]);
});

test("local, else download, else train: each when the one before cannot be", async () => {
  const files = modelFiles.map((name) => [name, readFileSync(join(models, name))] as const);
  const hub = await hubOf({}, Object.fromEntries(files));
  writeFileSync(join(folder, "bench.jsonl"), recordLines());
  const down = join(folder, "down");
  const obtain = (dir: string, env: Record<string, string> = {}, more: readonly string[] = []) =>
    signalbox(
      hub.endpoint,
      [
        "download",
        ...repo,
        "--output-dir",
        dir,
        "--else-train",
        join(folder, "bench.jsonl"),
        ...more,
      ],
      env,
    );
  const last = (out: string) => out.trimEnd().split("\n").at(-1);
  const fetched = await obtain(down);
  expect(fetched.code).toBe(0);
  expect(last(fetched.out)).toBe(`selectors: downloaded into ${down}`);
  const asked = hub.asked.length;
  const local = await obtain(down);
  expect(local).toEqual({ code: 0, out: `selectors: local, ${down}\n`, err: "" });
  expect(hub.asked).toHaveLength(asked);
  const own = join(folder, "own");
  const cache = join(folder, "cache");
  const more = ["--algorithm", "kmeans", "--json", "--", "--format", "json", "--cache-dir", cache];
  const made = await obtain(own, { HF_HUB_OFFLINE: "1" }, more);
  expect(made.code).toBe(0);
  expect(JSON.parse(last(made.out) ?? "")).toEqual({ selectors: "trained", folder: own });
  expect(made.err).toMatch(/selectors: not local: .*\nselectors: not downloaded: .*HF_HUB_OFFLINE/);
  expect(readdirSync(own)).toEqual(["kmeans_model.json", ...recorded]);
  // Without records there is nothing to fall back to.
  const none = ["download", ...repo, "--output-dir", join(folder, "none"), "--if-missing"];
  const offline = await signalbox(hub.endpoint, none, { HF_HUB_OFFLINE: "1" });
  expect(offline).toMatchObject({ code: 2, err: expect.stringContaining("[download_failed]") });
  // What is there and damaged is not silently replaced.
  writeFileSync(join(down, "knn_model.json"), "{");
  expect(await obtain(down)).toMatchObject({
    code: 2,
    err: expect.stringContaining("[artifact_invalid]"),
  });
}, 60_000);

test("every command of docs/publish.md", async () => {
  const page = readFileSync(join(packageRoot, "docs/publish.md"), "utf8");
  const commands = commandsOf(page);
  expect(commands).toHaveLength(5);
  report();
  cpSync(trained, join(folder, "models/mine"), { recursive: true });
  for (const name of ["benchmark.jsonl", "records.jsonl"])
    writeFileSync(join(folder, name), recordLines());
  const hubs = { model: await hubOf(), dataset: await hubOf({ kind: "dataset" }) };
  for (const command of commands) {
    const hub = hubs[command.includes("--training-data") ? "dataset" : "model"];
    const env = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: "hf_secret", HF_HUB_OFFLINE: "" };
    const line = command.replaceAll(/me\/my-\w+/g, "owner/name");
    expect(await runSh(line, folder, env)).toMatchObject({ code: 0 });
  }
  expect(readFileSync(join(folder, "data/benchmark.jsonl"), "utf8")).toBe(recordLines());
}, 60_000);

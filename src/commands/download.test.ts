import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { tinyQwen3Folder } from "../embed/testing/tiny-qwen3.ts";
import { localHub, testCommit } from "../hub/testing/local-hub.ts";
import { downloadProgress } from "./download-progress.ts";
import { runCli } from "./testing/run-cli.ts";

const cli = join(import.meta.dirname, "../cli.ts");

let home: string;
let hub: Awaited<ReturnType<typeof localHub>>;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "signalbox-home-"));
  const paths = ["config.json", "tokenizer.json", "onnx/model.onnx", "onnx/model_fp16.onnx"];
  const files = paths.map((path) => [path, readFileSync(join(tinyQwen3Folder, path))]);
  hub = await localHub(Object.fromEntries(files), { lfs: paths.slice(2), token: "hf_test" });
  const [made, running] = [home, hub];
  onTestFinished(async () => {
    await running.close();
    await rm(made, { recursive: true });
  });
});

function signalbox(args: readonly string[], env: Record<string, string> = {}) {
  const own = { HF_HOME: home, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "hf_test" };
  return runCli(args, { ...own, ...env });
}

test("what download fetched, embed finds, without a connection", async () => {
  const first = await signalbox(["download", "--embedder", "owner/name", "--json"]);
  expect(first.code).toBe(0);
  const report = JSON.parse(first.out);
  expect(report).toMatchObject({
    embedder: "owner/name",
    repository: "owner/name",
    commit: testCommit,
    folder: join(home, "hub/models--owner--name/snapshots", testCommit),
    model_file: "onnx/model.onnx",
    pooling: "last-token",
  });
  expect(report.files).toHaveLength(3);
  expect(report.fetched_bytes).toBeGreaterThan(400_000);
  // Not a terminal: whole lines, and the last says that all is here.
  expect(first.err).toMatch(/\d+\.\d of \d+\.\d MB {2}100 % {2}onnx\/model\.onnx\n$/);
  expect(first.err).not.toContain("\r");
  const asked = hub.asked.length;
  writeFileSync(join(home, "texts"), '"hello"\n');
  const args = ["embed", "--embedder", "owner/name", "--input", join(home, "texts")];
  const { code, out } = await signalbox(args, { HF_HUB_OFFLINE: "1" });
  expect(code).toBe(0);
  expect(JSON.parse(out).embedding).toHaveLength(1024);
  expect(hub.asked).toHaveLength(asked);
});

test("of a configuration: its model and dtype, into a folder of its own", async () => {
  const config = join(home, "c.yaml");
  writeFileSync(
    config,
    "default_model: a\nembedding_models: { qwen3_model_path: owner/name, dtype: fp16 }\n",
  );
  const output = join(home, "qwen3");
  const { code, out } = await signalbox(["download", "--config", config, "--output", output]);
  expect(code).toBe(0);
  expect(out).toBe(`owner/name@${testCommit.slice(0, 12)}  onnx/model_fp16.onnx\n${output}\n`);
  expect(readdirSync(output).sort()).toEqual([
    "config.json",
    "onnx",
    "provenance.json",
    "tokenizer.json",
  ]);
});

test("SIGINT leaves what came, and the next run continues", async () => {
  hub.faults.set("model.onnx?signature=secret", [{ stall: 100_000 }]);
  const args = [cli, "download", "--embedder", "owner/name"];
  const env = { HF_HOME: home, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "hf_test" };
  const ended = new Promise<{ code: unknown; err: string }>((resolve) => {
    const child = execFile(process.execPath, args, { env, timeout: 30_000 }, (error, _, err) => {
      resolve({ code: error?.code, err });
    });
    const watch = setInterval(() => {
      if (!hub.asked.some(({ server }) => server === "files")) return;
      clearInterval(watch);
      // What the server has sent must also be written.
      setTimeout(() => child.kill("SIGINT"), 200);
    }, 20);
  });
  expect(await ended).toMatchObject({
    code: 2,
    err: expect.stringContaining("continues where it stopped"),
  });
  const { code } = await signalbox(["download", "--embedder", "owner/name"]);
  expect(code).toBe(0);
  expect(hub.asked.filter(({ server }) => server === "files").at(-1)?.range).toMatch(
    /^bytes=\d+-$/,
  );
});

test.each([
  {
    case: "an embedder and records",
    args: ["--embedder", "owner/name", "--training-data"],
    err: "the options are for different things",
  },
  { case: "options of train alone", args: ["--", "--knn-k", "5"], err: "is for signalbox train" },
  { case: "a dtype of selectors", args: ["--dtype", "int8"], err: "are of an embedder" },
  { case: "a folder", args: ["--embedder", "/nowhere/at/all"], err: "which no hub has" },
  {
    case: "no token",
    args: ["--embedder", "owner/name"],
    env: { HF_TOKEN: "" },
    err: "answered 401",
  },
  {
    case: "offline",
    args: ["--embedder", "owner/name"],
    env: { HF_HUB_OFFLINE: "1" },
    err: "HF_HUB_OFFLINE",
  },
  {
    case: "too large",
    args: ["--embedder", "owner/name", "--max-size", "0.0001"],
    err: "raise --max-size",
  },
])("$case: exit code 2 and the reason", async ({ args, env = {}, err }) => {
  const result = await signalbox(["download", ...args], env);
  expect(result).toMatchObject({ code: 2, out: "", err: expect.stringContaining(err) });
});

test("the built-in model needs no download", async () => {
  const { code, out } = await signalbox(["download", "--embedder", "minilm-2l", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ embedder: "minilm-2l", fetched_bytes: 0 });
});

test("on a terminal progress is one line, written over, and ended", () => {
  const written: string[] = [];
  const screen = { isTTY: true, write: (text: string) => written.push(text) };
  let now = 0;
  const { report, end } = downloadProgress(screen, () => now);
  const file = { path: "onnx/model.onnx", bytes: 2_000_000, hash: "" };
  for (const [at, bytes] of [
    [0, 0],
    [50, 500_000],
    [150, 1_000_000],
    [160, 2_000_000],
  ] as const) {
    now = at;
    report({ file, fileBytes: bytes, bytes, totalBytes: 2_000_000 });
  }
  end();
  expect(written).toEqual([
    "\r0.0 of 2.0 MB  0 %  onnx/model.onnx\u001b[K",
    "\r1.0 of 2.0 MB  50 %  onnx/model.onnx\u001b[K",
    "\r2.0 of 2.0 MB  100 %  onnx/model.onnx\u001b[K",
    "\n",
  ]);
});

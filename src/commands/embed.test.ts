import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lift } from "../embed/lift.ts";
import { qwen3Cases, tinyQwen3Folder } from "../embed/testing/tiny-qwen3.ts";
import { dot } from "../math/matrix.ts";
import { runCli } from "./testing/run-cli.ts";

const jsonLines = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("each line has its vector or its error, in their order", async () => {
  const texts = qwen3Cases.map(({ text }) => text);
  const [first = "", second = "", ...others] = texts;
  const lines = [
    JSON.stringify(first),
    JSON.stringify({ text: second, other: 1 }),
    ...others.map((query) => JSON.stringify({ query })),
    "no JSON",
    "",
    '{"text": 1}',
  ];
  const { code, out } = await runCli(
    ["embed", "--embedder", tinyQwen3Folder],
    undefined,
    lines.join("\n"),
  );
  expect(code).toBe(0);
  const answers = jsonLines(out);
  expect(answers).toHaveLength(texts.length + 2);
  for (const [i, { vector, ids }] of qwen3Cases.entries()) {
    expect(dot(lift(vector), answers[i].embedding)).toBeCloseTo(1, 5);
    expect(answers[i]).toMatchObject({ tokens: ids.length, truncated: false });
  }
  expect(answers.slice(-2)).toMatchObject([
    { error: { code: "invalid_request", message: "the line is not JSON" } },
    { error: { code: "invalid_request", message: "neither text nor query is a string" } },
  ]);
});

test("a configuration's embedder, and a text that is cut", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-embed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, "c.yaml");
  const models = `{ qwen3_model_path: ${tinyQwen3Folder}, dtype: fp16, max_tokens: 8 }`;
  writeFileSync(config, `default_model: a\nembedding_models: ${models}\n`);
  const { out } = await runCli(
    ["embed", "--config", config],
    undefined,
    JSON.stringify("long ".repeat(99)),
  );
  expect(jsonLines(out)).toMatchObject([{ tokens: 8, truncated: true }]);
});

test("in parts, joined by merge: byte for byte what one run gives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-embed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  const lines = Array.from({ length: 30 }, (_, n) => JSON.stringify({ query: `text ${n % 25}` }));
  writeFileSync(at("in.jsonl"), [...lines, "nonsense"].join("\n"));
  const embed = (args: readonly string[]) => runCli(["embed", "--input", at("in.jsonl"), ...args]);
  const whole = await embed(["--with-query"]);
  expect(whole).toMatchObject({ code: 0, err: "1 lines hold no text and are left out\n" });
  expect(jsonLines(whole.out).map(({ query }) => ({ query }))).toEqual(jsonLines(lines.join("\n")));
  const parts = [1, 2, 3].map((index) => at(`part${index}`));
  const outputs = await Promise.all([1, 2, 3].map((index) => embed(["--shard", `${index}/3`])));
  for (const [index, part] of parts.entries()) writeFileSync(part, outputs[index]?.out ?? "");
  const merged = ["merge", "--input", at("in.jsonl"), "--output", at("out"), ...parts];
  expect(await runCli(merged)).toMatchObject({ code: 0 });
  expect(readFileSync(at("out"), "utf8")).toBe(whole.out);
}, 60_000);

test("dtypes are compared", async () => {
  const input = qwen3Cases.map(({ text }) => JSON.stringify(text)).join("\n");
  const args = ["embed", "--embedder", tinyQwen3Folder, "--compare-dtype", "fp32,fp16", "--json"];
  const { out } = await runCli(args, undefined, input);
  const [{ results }] = jsonLines(out);
  expect(results).toMatchObject([
    {
      dtype: "fp16",
      against: "fp32",
      files: ["onnx/model_fp16.onnx", "onnx/model.onnx"],
      texts: qwen3Cases.length,
      same_nearest: 1,
    },
  ]);
  // float16 has 11 bits: alike, and not the same.
  expect(results[0].cosine.min).toBeGreaterThan(0.9999);
  expect(results[0].cosine.min).toBeLessThan(0.9999999);
});

test.each([
  {
    case: "a dtype that is not there",
    args: ["--compare-dtype", "fp32,q4"],
    err: "has no q4 model",
  },
  {
    case: "a dtype that does not exist",
    args: ["--compare-dtype", "fp32,fp8"],
    err: "two or more of",
  },
  { case: "one dtype", args: ["--compare-dtype", "fp32"], err: "two or more of" },
  {
    case: "no such file",
    args: ["--input", "/nowhere"],
    err: "[invalid_request] /nowhere cannot be read (ENOENT)",
  },
  { case: "a folder", args: ["--input", "/"], err: "[invalid_request] / cannot be read (EISDIR)" },
  { case: "two embedders", args: ["--config", "x"], err: "two embedders are named" },
])("$case: exit code 2 and the reason", async ({ args, err }) => {
  const result = await runCli(["embed", "--embedder", tinyQwen3Folder, ...args]);
  expect(result).toMatchObject({ code: 2, out: "", err: expect.stringContaining(err) });
});

test("a model that is not downloaded: the command that does it", async () => {
  const { code, err } = await runCli(["embed", "--embedder", "qwen3"]);
  expect(code).toBe(2);
  expect(err).toContain("pretrained model not found: qwen3 (onnx-community");
  expect(err).toContain("signalbox download --embedder qwen3");
});

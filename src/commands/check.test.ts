import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import { type CheckOptions, check, register } from "./check.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-check-"));
mkdirSync(join(folder, "models"));

const good = `default_model: a
decisions:
  - name: hard
    priority: 5
    rules: { operator: OR, conditions: [{ type: domain, name: math }] }
    modelRefs: [{ model: a }, { model: b }]
    algorithm: { type: kmeans }
  - name: rest
    rules: { operator: OR, conditions: [{ type: domain, name: other }] }
    modelRefs: [{ model: b }]
`;

function file(content: string): string {
  const path = join(folder, "c.yaml");
  writeFileSync(path, content);
  return path;
}

async function run(path: string, options: Partial<CheckOptions> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await check(path, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env: {},
    cwd: folder,
    ...options,
  });
  return { code, out, err };
}

test("a good configuration is summarised", async () => {
  const path = file(good);
  expect(await run(path)).toEqual({
    code: 0,
    err: [],
    out: [
      `${path} is valid`,
      "embedder       minilm-2l (built in)",
      "default model  a",
      "models         2",
      "decisions      2",
      "  hard  kmeans  2 models",
      "  rest  single  1 model",
    ],
  });
});

test("as JSON it is one object", async () => {
  const path = file(`${good}tools: {}\n`);
  const { code, out, err } = await run(path, { json: true });
  expect({ code, err }).toEqual({ code: 0, err: [] });
  expect(out).toHaveLength(1);
  expect(JSON.parse(out[0] ?? "")).toEqual({
    path,
    valid: true,
    problems: [],
    warnings: [
      { path: "", message: "ignored, because signalbox does not have these features: tools" },
    ],
    embedder: "minilm-2l (built in)",
    default_model: "a",
    models: ["a", "b"],
    decisions: [
      { name: "hard", priority: 5, algorithm: "kmeans", models: 2 },
      { name: "rest", priority: 0, algorithm: "single", models: 1 },
    ],
  });
});

test("every problem is printed, and every warning", async () => {
  const path = file("default_model: a\ntools: {}\nstrategy: x\nlimits: { deadline_ms: 0 }\n");
  expect(await run(path)).toEqual({
    code: 1,
    out: [],
    err: [
      `warning: ${path}: ignored, because signalbox does not have these features: tools`,
      `warning: ${path}: no decisions, so every request goes to a`,
      `${path}:3: strategy: must be priority or confidence, not 'x'`,
      `${path}:4: limits.deadline_ms: must be at least 1, not 0`,
      `${path} is not valid: 2 problems`,
    ],
  });
});

test("problems as JSON have a path and a line", async () => {
  const path = file("default_model: a\nstrategy: x\n");
  const { code, out } = await run(path, { json: true });
  expect(code).toBe(1);
  expect(JSON.parse(out[0] ?? "")).toMatchObject({
    valid: false,
    problems: [{ path: "strategy", line: 2, message: "must be priority or confidence, not 'x'" }],
  });
});

test("a file that is not there is another exit code", async () => {
  const path = join(folder, "none.yaml");
  expect(await run(path, { json: true })).toEqual({
    code: 2,
    out: [],
    err: [
      `signalbox: [config_not_found] ${path} does not exist. Name a configuration file, such as config/default.yaml`,
    ],
  });
});

test("a file that is no text is a problem of the file", async () => {
  const path = join(folder, "binary.yaml");
  writeFileSync(path, Buffer.from([0xff]));
  expect(await run(path)).toMatchObject({
    code: 1,
    err: [
      `${path}: [config_invalid] ${path} is not UTF-8 text. Save it as UTF-8`,
      `${path} is not valid: 1 problem`,
    ],
  });
});

const missing = (name: string) =>
  `pretrained model not found: ${join(folder, name)} and ${join(folder, "sub", name)} do not exist; download or train it, or correct the path`;

test("files that serving would miss are problems, others warnings", async () => {
  mkdirSync(join(folder, "sub"), { recursive: true });
  const path = join(folder, "sub", "c.yaml");
  const ml = `model_selection:
  ml:
    models_path: models
    knn: { pretrained_path: knn.json }
    kmeans: { pretrained_path: kmeans.json }
embedding_models: { qwen3_model_path: /nowhere/qwen3 }
`;
  writeFileSync(path, `${good}${ml}`);
  expect(await run(path)).toEqual({
    code: 1,
    out: [],
    err: [
      `warning: ${path}:14: model_selection.ml.knn.pretrained_path: ${missing("knn.json")}`,
      `${path}:15: model_selection.ml.kmeans.pretrained_path: ${missing("kmeans.json")}`,
      `${path}:16: embedding_models.qwen3_model_path: pretrained model not found: /nowhere/qwen3 does not exist; download or train it, or correct the path`,
      `${path} is not valid: 2 problems`,
    ],
  });
});

test("what the configuration names is opened, and its warnings are shown", async () => {
  const path = file(good);
  const opened: string[] = [];
  const open: CheckOptions["open"] = async (config) => {
    opened.push(config.default_model);
    return ["the kmeans file does not know b"];
  };
  const { code, err } = await run(path, { open });
  expect(code).toBe(0);
  expect(opened).toEqual(["a"]);
  expect(err).toEqual([`warning: ${path}: the kmeans file does not know b`]);
});

test("nothing is opened for a configuration that is wrong", async () => {
  const open = () => Promise.reject(new Error("unreachable: not valid"));
  expect(await run(file("strategy: x"), { open })).toMatchObject({ code: 1 });
});

test("what cannot be opened is a problem like the others", async () => {
  const path = file(good);
  const open = () =>
    Promise.reject(
      new RouterError("artifact_incompatible", "the file is for qwen3", "Train it again"),
    );
  expect(await run(path, { open })).toEqual({
    code: 1,
    out: [],
    err: [
      `${path}: [artifact_incompatible] the file is for qwen3. Train it again`,
      `${path} is not valid: 1 problem`,
    ],
  });
});

test("a bug while opening is not the configuration's problem", async () => {
  const open = () => Promise.reject(new TypeError("a bug"));
  await expect(run(file(good), { open })).rejects.toThrow("a bug");
});

test("the command knows its argument and its option", () => {
  const program = new Command().exitOverride();
  register(program);
  const help = program.commands[0]?.helpInformation() ?? "";
  expect(help).toContain("check [options] <config>");
  expect(help).toContain("--json");
});

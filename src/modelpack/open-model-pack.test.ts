import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { openModelPack } from "./open-model-pack.ts";
import { answerOf } from "./predict-request.ts";
import { topicRows } from "./testing/toy-rows.ts";
import { trainToy } from "./testing/train-toy.ts";

// Training takes a second, and several on a machine that is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-open-pack-"));
  await trainToy(folder, { train: topicRows(300, 1), test: topicRows(90, 2) });
});
afterAll(() => rmSync(folder, { recursive: true }));

function copied(): string {
  const copy = mkdtempSync(join(tmpdir(), "signalbox-open-pack-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

test("top-k, threshold and abstention", () => {
  const pack = openModelPack(folder);
  const sure = pack.predict("query_domain", "bank loan", { topK: 2 });
  expect(sure).toMatchObject({
    label: "finance",
    source: "model",
    top: [{ label: "finance" }, {}],
  });
  expect(sure.top[0]?.confidence).toBe(sure.confidence);
  const between = pack.predict("query_domain", "the bank bread");
  const unsure = pack.predict("query_domain", "the bank bread", {
    threshold: between.confidence + 1e-6,
  });
  expect(unsure).toEqual({ ...between, label: null });
  const all = pack.predict("query_domain", "bank loan", { topK: 99 }).top;
  expect(all.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1);
});

test("what has no model answers with a default, which is said once", () => {
  const pack = openModelPack(folder);
  expect(pack.notices.map((notice) => notice.replace(/^.*signalbox-open-pack-\w+./, ""))).toEqual([
    "extractor_model.json does not exist: tasks of family extractor answer with defaults",
    "pair_model.json does not exist: tasks of family pair answer with defaults",
  ]);
  const nothing = { confidence: 0, top: [], source: "default" };
  expect(pack.predict("pii_presence", "call me")).toEqual({
    ...nothing,
    task: "pii_presence",
    label: "no_pii",
  });
  expect(pack.predictPair("supersession", "a", "b")).toMatchObject({
    ...nothing,
    label: "no_supersedes",
  });
  expect(pack.predict("memory_type", "a row of it was never seen")).toMatchObject(nothing);
  expect(pack.predict("query_domain", " \n")).toMatchObject({ ...nothing, label: "general" });
});

test.each([
  { task: "query_domian", pair: false, want: /there is no such task/ },
  { task: "supersession", pair: false, want: /takes two texts/ },
  { task: "query_domain", pair: true, want: /takes one text/ },
  { task: "toString", pair: false, want: /there is no such task/ },
])("$task is refused", ({ task, pair, want }) => {
  const pack = openModelPack(folder);
  const ask = () => (pair ? pack.predictPair(task, "a", "b") : pack.predict(task, "a"));
  expect(ask).toThrow(want);
  expect(ask).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test("any text whatever has an answer, the same each time", () => {
  const pack = openModelPack(folder);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const { top, confidence, source } = pack.predict("query_domain", text, { topK: 3 });
      if (source === "default") return;
      expect(top.reduce((sum, one) => sum + one.confidence, 0)).toBeCloseTo(1);
      expect(pack.predict("query_domain", text).confidence).toBe(confidence);
    }),
    { numRuns: 30 },
  );
});

const header = "router_model.json";
/** Stands for the name of this model's tensors. */
const tensors = "tensors";
const fileOf = (copy: string, file: string): string =>
  join(
    copy,
    file === tensors ? JSON.parse(readFileSync(join(copy, header), "utf8")).tensors : file,
  );

test.each([
  { case: "a changed byte", file: tensors, change: flipped, want: /sha256 is/ },
  {
    case: "a cut file",
    file: tensors,
    change: (bytes: Buffer) => bytes.subarray(0, -8),
    want: /sha256 is/,
  },
  { case: "no JSON", file: header, change: () => Buffer.from("{"), want: /is not JSON/ },
  { case: "another version", file: header, change: edited({ version: 2 }), want: /version: / },
  {
    case: "another family",
    file: header,
    change: edited({ family: "pair" }),
    want: /is of family pair/,
  },
  {
    case: "tensors of another folder",
    file: header,
    change: edited({ tensors: "../router_model.safetensors" }),
    want: /tensors: is no name of tensors/,
  },
  {
    case: "more words than there are",
    file: header,
    change: edited({ word_terms: 1 }),
    want: /word_terms are \d+, not 1/,
  },
  {
    case: "another width",
    file: header,
    change: edited({ columns: 3 }),
    want: /the header says 3/,
  },
  {
    case: "a task that there is not",
    file: header,
    change: task({ name: "x" }),
    want: /has no task x of family router/,
  },
  {
    case: "a label that it does not have",
    file: header,
    change: task({ labels: ["food", "y"] }),
    want: /has no label y/,
  },
  {
    case: "a label twice",
    file: header,
    change: task({ labels: ["food", "food", "travel"] }),
    want: /a label twice/,
  },
  {
    case: "fewer labels than weights",
    file: header,
    change: task({ labels: ["food", "travel"] }),
    want: /not Int8Array \[\d+, 2\]/,
  },
  {
    case: "weights of another kind",
    file: header,
    change: edited({ precision: "float32" }),
    want: /is I8 .*not Float32Array/,
  },
])("$case is refused", ({ file, change, want }) => {
  const copy = copied();
  const path = fileOf(copy, file);
  writeFileSync(path, change(readFileSync(path)));
  expect(() => openModelPack(copy)).toThrow(want);
  expect(() => openModelPack(copy)).toThrow(expect.objectContaining({ code: "artifact_invalid" }));
});

test("a header without its tensors is a missing model", () => {
  const copy = copied();
  rmSync(fileOf(copy, tensors));
  expect(() => openModelPack(copy)).toThrow(/^\[model_not_found\]/);
});

test("a header that names no tensors has them under the family's name", () => {
  const copy = copied();
  renameSync(fileOf(copy, tensors), join(copy, "router_model.safetensors"));
  const bytes = readFileSync(join(copy, header));
  writeFileSync(join(copy, header), edited({ tensors: undefined })(bytes));
  expect(openModelPack(copy).predict("query_domain", "bank loan").label).toBe("finance");
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.length - 100;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function edited(change: object): (bytes: Buffer) => Buffer {
  return (bytes) => Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), ...change }));
}

function task(change: object): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const { tasks, ...rest } = JSON.parse(bytes.toString());
    return Buffer.from(JSON.stringify({ ...rest, tasks: [{ ...tasks[0], ...change }] }));
  };
}

test("a request asks every task of its kind that has a model, or those that it names", () => {
  const pack = openModelPack(folder);
  expect(answerOf(pack, { text: "bank loan" }).results.map(({ task: name }) => name)).toEqual([
    "query_domain",
  ]);
  expect(
    answerOf(pack, { text: "bank loan", tasks: ["query_domain", "pii_presence"], top_k: 2 })
      .results,
  ).toMatchObject([
    { label: "finance", top: [{}, {}] },
    { label: "no_pii", source: "default" },
  ]);
  expect(answerOf(pack, { text_a: "a", text_b: "b" }).results).toEqual([]);
});

test.each([
  { body: {}, want: /neither text nor both/ },
  { body: { text_a: "a" }, want: /neither text nor both/ },
  { body: { text: "a", task: 1 }, want: /task must be a string/ },
  { body: { text: "a", tasks: "query_domain" }, want: /tasks an array/ },
  {
    body: { text: "a", tasks: Array.from({ length: 65 }, () => "query_domain") },
    want: /64 at most/,
  },
  { body: { text: "a", top_k: 0 }, want: /top_k must be/ },
  { body: { text: "a", threshold: 2 }, want: /threshold must be/ },
])("a request of $body is refused", ({ body, want }) => {
  expect(() => answerOf(openModelPack(folder), body)).toThrow(want);
});

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dot } from "../math/matrix.ts";
import { defaultEmbedderFolder } from "./built-in.ts";
import { lift } from "./lift.ts";
import { readModelFolder } from "./model-folder.ts";
import { openOnnxModel } from "./onnx-model.ts";
import { casesOf, tinyBertFolder, tinyMpnetFolder } from "./testing/encoders.ts";
import { minilmCases } from "./testing/minilm-cases.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

const minilm = await openOnnxModel(readModelFolder(defaultEmbedderFolder));

const encoders = [
  {
    encoder: "qwen3",
    folder: tinyQwen3Folder,
    dtype: "fp32",
    pooling: "last-token",
    cosine: 1 - 1e-6,
  },
  {
    encoder: "qwen3",
    folder: tinyQwen3Folder,
    dtype: "fp16",
    pooling: "last-token",
    cosine: 1 - 1e-5,
  },
  { encoder: "bert", folder: tinyBertFolder, dtype: "fp32", pooling: "cls", cosine: 1 - 1e-6 },
  { encoder: "mpnet", folder: tinyMpnetFolder, dtype: "fp32", pooling: "mean", cosine: 1 - 1e-6 },
] as const;

const rows = ({ vectors }: { readonly vectors: Float32Array }) =>
  Array.from({ length: vectors.length / 1024 }, (_, i) =>
    vectors.subarray(i * 1024, (i + 1) * 1024),
  );

const withVector = minilmCases.flatMap(({ vector, ...rest }) =>
  vector ? [{ ...rest, vector }] : [],
);

const texts = withVector.map(({ text }) => text);
const alone: Float32Array[] = [];
for (const text of texts) alone.push((await minilm.embed([text])).vectors);

test("minilm-2l gives Python's vectors, lifted", () => {
  const cosines = withVector.map(({ vector }, i) => dot(lift(vector), alone[i] ?? []));
  // The same onnxruntime on the same processor agrees to 1e-12; others round differently.
  expect(Math.min(...cosines)).toBeGreaterThan(0.999);
});

test("the lift keeps the cosine of every pair", () => {
  const differences = withVector.flatMap((a, i) =>
    withVector
      .slice(0, i)
      .map((b, j) => Math.abs(dot(a.vector, b.vector) - dot(alone[i] ?? [], alone[j] ?? []))),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-3);
});

test("a text has the same vector alone and among others, to the last bit", async () => {
  expect(minilm.exactBatches).toBe(true);
  for (let i = 0; i < texts.length; i += 16) {
    const together = rows(await minilm.embed(texts.slice(i, i + 16)));
    expect(together).toEqual(alone.slice(i, i + 16));
  }
});

test("a long text is marked and read to the limit", async () => {
  const { tokens, truncated } = await minilm.embed(["short", "long ".repeat(1000)]);
  expect(tokens).toEqual([3, 256]);
  expect(truncated).toEqual([false, true]);
});

test.each(encoders)(
  "$encoder in $dtype, $pooling: PyTorch's vectors, in one batch",
  async (one) => {
    const { folder, dtype, pooling, cosine } = one;
    const found = readModelFolder(folder, { dtype });
    expect(found.pooling).toBe(pooling);
    const model = await openOnnxModel(found);
    const cases = casesOf(folder);
    const answer = await model.embed(cases.map(({ text }) => text));
    expect(answer.tokens).toEqual(cases.map(({ ids }) => ids.length));
    const together = rows(answer);
    for (const [i, { vector }] of cases.entries()) {
      expect(dot(lift(vector), together[i] ?? [])).toBeGreaterThan(cosine);
    }
  },
);

// Of lengths from one token to the limit, so that most are padded, next to each other in no order.
const mixed = [90, 1, 40, 3, 12, 60, 2, 0, 25, 7].map((words, i) =>
  Array.from({ length: words }, (_, at) => ["law", "brown", "of", "x", "2"][(at * 7 + i) % 5]).join(
    " ",
  ),
);

test.each(encoders)(
  "$encoder in $dtype, $pooling: mixed lengths as one by one",
  async ({ folder, dtype }) => {
    const model = await openOnnxModel(readModelFolder(folder, { dtype }));
    expect(model.exactBatches).toBe(true);
    const together = rows(await model.embed(mixed));
    for (const [i, text] of mixed.entries()) {
      const [alone] = rows(await model.embed([text]));
      expect(dot(alone ?? [], together[i] ?? [])).toBeGreaterThanOrEqual(0.999999);
    }
  },
);

test("a prefix is read as part of every text", async () => {
  const folder = readModelFolder(tinyMpnetFolder);
  const bare = await openOnnxModel(folder);
  const prefixed = await openOnnxModel({ ...folder, prefix: "query: " });
  const [byHand] = rows(await bare.embed(["query: what is law"]));
  expect(rows(await prefixed.embed(["what is law"]))).toEqual([byHand]);
  expect(prefixed.revision).not.toBe(bare.revision);
});

test("vectors have length 1", async () => {
  for (const vector of rows(await minilm.embed(["a", "b", ""]))) {
    expect(dot(vector, vector)).toBeCloseTo(1, 6);
  }
});

test("an export whose inputs are int32 is read as well", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-int32-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(tinyBertFolder, folder, { recursive: true });
  const file = join(folder, "onnx/model.onnx");
  const bytes = await readFile(file);
  for (const name of ["input_ids", "attention_mask", "token_type_ids"]) {
    // An input's name, and behind it its element type: field 1, 7 for int64, 6 for int32.
    const input = bytes.lastIndexOf(Buffer.from([0x0a, name.length, ...Buffer.from(name)]));
    const type = bytes.indexOf(Buffer.from([0x08, 7]), input);
    expect(type - input).toBeLessThan(30);
    bytes[type + 1] = 6;
  }
  await writeFile(file, bytes);
  const [int32, int64] = [folder, tinyBertFolder].map((one) => openOnnxModel(readModelFolder(one)));
  const [one, other] = await Promise.all([int32, int64]);
  const text = ["Explain supply and demand."];
  expect((await one?.embed(text))?.vectors).toEqual((await other?.embed(text))?.vectors);
});

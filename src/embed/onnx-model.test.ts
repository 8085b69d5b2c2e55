import { expect, test } from "vitest";
import { dot } from "../math/matrix.ts";
import { defaultEmbedderFolder } from "./default-embedder.ts";
import { lift } from "./lift.ts";
import { readModelFolder } from "./model-folder.ts";
import { openOnnxModel } from "./onnx-model.ts";
import { minilmCases } from "./testing/minilm-cases.ts";
import { qwen3Cases, tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

const minilm = await openOnnxModel(readModelFolder(defaultEmbedderFolder));
const tinyQwen3 = await openOnnxModel(readModelFolder(tinyQwen3Folder));

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

test("a decoder's export is read without a cache, right-padded, at its last token", async () => {
  expect(tinyQwen3.exactBatches).toBe(true);
  const together = rows(await tinyQwen3.embed(qwen3Cases.map(({ text }) => text)));
  for (const [i, { vector }] of qwen3Cases.entries()) {
    expect(dot(lift(vector), together[i] ?? [])).toBeCloseTo(1, 5);
  }
});

test("vectors have length 1", async () => {
  for (const vector of rows(await minilm.embed(["a", "b", ""]))) {
    expect(dot(vector, vector)).toBeCloseTo(1, 6);
  }
});

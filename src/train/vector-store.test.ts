import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { embedQueries } from "./embed-queries.ts";
import { hashEmbedder } from "./testing/benchmark.ts";
import { openVectorStore } from "./vector-store.ts";

const embedder = hashEmbedder();
/** Mark, key, 16 singles, checksum. */
const entryBytes = 4 + 32 + 64 + 4;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-vectors-"));
  const made = folder;
  onTestFinished(() => rm(made, { recursive: true }));
});

const fileOf = (): string => join(folder, readdirSync(folder)[0] ?? "none");

/** Embeds with the store, and says which texts the embedder saw. */
async function embed(texts: readonly string[], revision = embedder.revision, maxBytes = 1e6) {
  const seen: string[] = [];
  const watched = {
    ...embedder,
    revision,
    embed: (asked: readonly string[]) => {
      seen.push(...asked);
      return embedder.embed(asked);
    },
  };
  const store = await openVectorStore(folder, watched, maxBytes);
  const vectors = await embedQueries(texts, watched, { batchSize: 2, store });
  store.close();
  return { vectors, seen };
}

test("a second run embeds only what is new, and a new model everything", async () => {
  const first = await embed(["a", "b", "c"]);
  expect(first.seen).toEqual(["a", "b", "c"]);
  const second = await embed(["c", "d", "a"]);
  expect(second.seen).toEqual(["d"]);
  const alone = await embedQueries(["c", "d", "a"], embedder, { batchSize: 1 });
  expect(second.vectors).toEqual(alone);
  expect((await embed(["a"], "another")).seen).toEqual(["a"]);
});

test("a run finds what it has added itself", async () => {
  const store = await openVectorStore(folder, embedder);
  const [{ vector } = { vector: new Float32Array() }] = await embedder.embed(["a"]);
  store.set("a", vector);
  expect(store.get("a")).toBeUndefined();
  store.flush();
  expect(store.get("a")).toEqual(vector);
  store.close();
});

test("of a file that ends within an entry, all before it counts, and what is added after", async () => {
  await embed(["a", "b", "c"]);
  writeFileSync(fileOf(), readFileSync(fileOf()).subarray(0, -5));
  expect((await embed(["a", "b", "c"])).seen).toEqual(["c"]);
  expect((await embed(["a", "b", "c"])).seen).toEqual([]);
});

test.each([
  { where: "key", at: 5 },
  { where: "vector", at: 40 },
  { where: "checksum", at: entryBytes - 1 },
  { where: "mark", at: 0 },
])("an entry with a wrong byte in its $where is as good as none", async ({ at }) => {
  await embed(["a", "b", "c"]);
  const bytes = readFileSync(fileOf());
  bytes[entryBytes + at]! ^= 1;
  writeFileSync(fileOf(), bytes);
  expect((await embed(["a", "b", "c"])).seen).toEqual(["b"]);
});

test("what is no entry is passed over", async () => {
  await embed(["a"]);
  appendFileSync(fileOf(), "sbv1 is how they begin");
  await embed(["b"]);
  expect((await embed(["a", "b"])).seen).toEqual([]);
});

test("several may append at once, and all of it is there", async () => {
  const stores = await Promise.all([1, 2].map(() => openVectorStore(folder, embedder)));
  const texts = Array.from({ length: 200 }, (_, at) => `text ${at}`);
  await Promise.all(
    stores.map((store, at) =>
      embedQueries(at === 0 ? texts : texts.toReversed(), embedder, { batchSize: 7, store }),
    ),
  );
  for (const store of stores) store.close();
  const { seen, vectors } = await embed(texts);
  expect(seen).toEqual([]);
  expect(vectors).toEqual(await embedQueries(texts, embedder, { batchSize: 200 }));
});

test("a file that is too large begins anew with what was written last", async () => {
  const texts = Array.from({ length: 50 }, (_, at) => `text ${at}`);
  await embed(texts);
  const { seen } = await embed(texts, embedder.revision, 40 * entryBytes);
  expect(seen).toEqual(texts.slice(0, 30));
  expect(statSync(fileOf()).size).toBe(50 * entryBytes);
});

test("a folder that cannot be made is refused", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(openVectorStore(join(folder, "file/below"), embedder)).rejects.toMatchObject({
    code: "output_unwritable",
    remedy: expect.stringContaining("--cache-dir"),
  });
});

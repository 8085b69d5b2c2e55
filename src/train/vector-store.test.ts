import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { embedQueries } from "./embed-queries.ts";
import { hashEmbedder } from "./testing/benchmark.ts";
import { openVectorStore } from "./vector-store.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-vectors-"));
const embedder = hashEmbedder();

/** Embeds with the store, and says which texts the embedder saw. */
async function embed(texts: readonly string[], revision = embedder.revision) {
  const seen: string[] = [];
  const watched = {
    ...embedder,
    revision,
    embed: (asked: readonly string[]) => {
      seen.push(...asked);
      return embedder.embed(asked);
    },
  };
  const store = await openVectorStore(folder, watched);
  const vectors = await embedQueries(texts, watched, { batchSize: 2, store });
  await store.save();
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

test("a damaged file is as good as none", async () => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path).subarray(0, -5));
  }
  expect((await embed(["a"])).seen).toEqual(["a"]);
});

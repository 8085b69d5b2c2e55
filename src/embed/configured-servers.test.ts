import { afterEach, describe, expect, test, vi } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { Availability } from "./circuit-breaker.ts";
import { openConfiguredEmbedder } from "./default-embedder.ts";
import { embeddingsServer } from "./testing/embeddings-server.ts";
import { redisBinary, startRedis } from "./testing/redis-server.ts";

const binary = redisBinary();
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** The embedder of a configuration, and what it said of the servers that it uses. */
async function embedderOf(embedding: string, env: Record<string, string> = {}) {
  const { config } = parseConfig(`default_model: m\nembedding: ${embedding}`, env, "test");
  const said: (readonly [string, Availability])[] = [];
  const embedder = await openConfiguredEmbedder(config, undefined, undefined, (part, now) => {
    said.push([part, now]);
  });
  toClose.push(() => embedder.close());
  return { embedder, said };
}

test("a configured server embeds instead of a model, with the key of the environment", async () => {
  const server = await embeddingsServer({ width: 512 });
  toClose.push(() => server.close());
  const { embedder } = await embedderOf(
    `{ http: { url: "${server.url}", model: some/model, api_key: "\${KEY}", query_prefix: "q: ", headers: { x-a: b } } }`,
    { KEY: "sk-1" },
  );
  expect(embedder).toMatchObject({ name: "http:some/model", dimension: 1024, pooling: "remote" });
  const [one] = await embedder.embed(["text"]);
  expect(Math.hypot(...(one?.vector ?? []))).toBeCloseTo(1, 6);
  const { headers, body } = server.requests.at(-1) ?? {};
  expect(headers).toMatchObject({ authorization: "Bearer sk-1", "x-a": "b" });
  expect(body).toMatchObject({ model: "some/model", input: ["q: text"], encoding_format: "float" });
});

describe.skipIf(binary === undefined)("with a real Redis", () => {
  test("a configured Redis is shared, and its death costs no embedding", async () => {
    const redis = await startRedis(binary ?? "");
    toClose.push(() => redis.kill());
    const cache = `{ cache: { redis_url: "\${REDIS}", timeout_ms: 2000 } }`;
    const env = { REDIS: redis.url };
    const { embedder: one, said } = await embedderOf(cache, env);
    const [fresh] = await one.embed(["What is the capital of France?"]);
    await vi.waitFor(() => expect(one.stats().shared?.sets).toBe(1));
    const { embedder: other } = await embedderOf(cache, env);
    const [shared] = await other.embed(["What is the capital of France?"]);
    expect(shared?.cached).toBe(true);
    const cosine = fresh?.vector.reduce((sum, x, i) => sum + x * (shared?.vector[i] ?? 0), 0);
    expect(cosine).toBeGreaterThan(0.999999);

    await redis.kill();
    expect((await one.embed(["another text"]))[0]?.cached).toBe(false);
    await vi.waitFor(() => expect(said.at(0)?.[1].state).toBe("open"));
    expect(said[0]?.[0]).toBe("shared_cache");
  }, 30_000);
});

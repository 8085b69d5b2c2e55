import { once } from "node:events";
import { connect } from "node:net";
import { openHttpModel } from "../src/embed/http-embedder-model.ts";
import { openRedisCache } from "../src/embed/redis-cache.ts";
import { toRedis } from "../src/embed/redis-vector.ts";
import { embeddingsServer } from "../src/embed/testing/embeddings-server.ts";
import { redisBinary, startRedis } from "../src/embed/testing/redis-server.ts";
import { cacheKey } from "../src/embed/vector-cache.ts";
import { showTable, writeResults } from "./measure/results.ts";

/**
 * node bench/embedding-servers.ts
 *
 * What a shared cache and an embedder behind HTTP cost on the loopback: a get beside the round trip of a PING over a
 * bare socket, a get of a Redis that was killed, what float16 does to a vector, a run of the server (whose own part,
 * in this process, is the reading of JSON and the making of it). Medians, and the 99th percentile.
 */
const rounds = 3_000;
const names = { name: "bench", revision: "0" };

async function micros(times: number, once: () => unknown) {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    await once();
    taken.push((performance.now() - started) * 1000);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.floor(share * (taken.length - 1))] ?? Number.NaN;
  return { p50_us: at(0.5), p99_us: at(0.99) };
}

function unitVector(): Float32Array {
  const raw = Float32Array.from({ length: 1024 }, () => Math.random() - 0.5);
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

const rows: object[] = [];
const binary = redisBinary();
if (binary === undefined) process.exit(2);
const redis = await startRedis(binary);
const socket = connect(redis.port, "127.0.0.1").setNoDelay(true);
await once(socket, "connect");
const ping = async () => {
  socket.write("PING\r\n");
  await once(socket, "data");
};

const options = { url: redis.url, identity: names, ttlSeconds: 600, timeoutMs: 1_000 };
const cache = await openRedisCache(options);
const keys = Array.from({ length: 32 }, (_, i) => cacheKey(`text ${i}`));
cache.setMany(keys.map((key) => ({ key, vector: unitVector() })));
while (cache.stats().sets < keys.length) await ping();
await micros(500, () => cache.getMany(keys.slice(0, 1)));

rows.push({ what: "PING over a bare socket (floor)", ...(await micros(rounds, ping)) });
rows.push({
  what: "get of 1 vector",
  ...(await micros(rounds, () => cache.getMany(keys.slice(0, 1)))),
});
rows.push({ what: "get that misses", ...(await micros(rounds, () => cache.getMany(["none"]))) });
rows.push({ what: "get of 32 vectors", ...(await micros(rounds / 3, () => cache.getMany(keys))) });
const vector = unitVector();
rows.push({
  what: "set of 1 vector, for the caller",
  ...(await micros(400, () => cache.setMany([{ key: "k", vector }]))),
});
const { hits, timeouts, errors } = cache.stats();
if (hits === 0 || timeouts + errors > 0) throw new Error("the gets did not hit");
await redis.kill();
while (cache.stats().state === "closed") await new Promise((done) => setImmediate(done));
rows.push({
  what: "get, Redis killed",
  ...(await micros(rounds, () => cache.getMany(keys.slice(0, 1)))),
});
await cache.close();
socket.destroy();

const lost = Array.from({ length: 1_000 }, () => {
  const exact = unitVector();
  const stored = new Float16Array(Uint8Array.from(toRedis(exact)).buffer);
  const length = Math.hypot(...stored);
  return 1 - exact.reduce((sum, x, i) => sum + (x * (stored[i] as number)) / length, 0);
});

for (const encodingFormat of ["float", "base64"] as const) {
  const server = await embeddingsServer();
  const model = await openHttpModel({
    url: server.url,
    model: "bench",
    encodingFormat,
    timeoutMs: 5_000,
    maxBatch: 32,
    concurrency: 1,
    truncate: false,
    maxTokens: 512,
    prefix: "",
  });
  const [slot] = model.models;
  await micros(300, () => slot?.run(["warm"]));
  rows.push({
    what: `embedder behind HTTP, 1 text, ${encodingFormat}`,
    ...(await micros(1_000, () => slot?.run(["a text"]))),
  });
  const sent = JSON.stringify(server.embeddings(server.requests.at(-1) as never)).length;
  console.info(`an answer in ${encodingFormat} has ${sent} bytes`);
  await model.close();
  await server.close();
}

const most = Math.max(...lost);
showTable("Servers of the embedder, on the loopback", rows);
console.info(`\nfloat16: 1 - cosine is at most ${most.toExponential(1)} over 1,000 random vectors`);
console.info(writeResults("embedding-servers", { rows, float16_max_cosine_loss: most }));

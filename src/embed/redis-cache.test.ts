import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Availability } from "./circuit-breaker.ts";
import { openRedisCache, type RedisCacheOptions } from "./redis-cache.ts";
import { toRedis } from "./redis-vector.ts";
import type { SharedCache } from "./shared-cache.ts";
import { freePort, type RedisServer, redisBinary, startRedis } from "./testing/redis-server.ts";
import { slowProxy } from "./testing/slow-proxy.ts";

const binary = redisBinary();
const identity = { name: "minilm-2l", revision: "0123456789ab" };
const keyOf = (text: string) => hash("sha256", text, "base64");
const inRedis = (text: string) => `signalbox:minilm-2l:0123456789ab:${keyOf(text)}`;
/** Recovery in a test should not wait for the pauses of production. */
const quick = { firstPauseMs: 20, maxPauseMs: 50 };
/** This machine may be busy: a deadline that no healthy server of a test misses. */
const generous = { ...quick, timeoutMs: 2_000 };

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function redis(...options: readonly string[]): Promise<RedisServer> {
  const server = await startRedis(binary ?? "", options);
  toClose.push(() => server.kill());
  return server;
}

async function cacheOf(
  server: { readonly url: string },
  options: Partial<RedisCacheOptions> = {},
): Promise<SharedCache> {
  const cache = await openRedisCache({
    url: server.url,
    identity,
    ttlSeconds: 60,
    ...generous,
    ...options,
  });
  toClose.push(() => cache.close());
  return cache;
}

/** Another client, which sees what is really in the server. */
function look({ port }: RedisServer, options: object = {}): Redis {
  const client = new Redis({ port, ...options });
  toClose.push(() => client.disconnect());
  return client;
}

/** Unit length, different for each seed. */
function vectorOf(seed: number): Float32Array {
  const raw = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(seed * 7919 + i * i));
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

function cosine(a: Float32Array, b: Float32Array | undefined): number {
  return a.reduce((sum, value, i) => sum + value * (b?.[i] ?? Number.NaN), 0);
}

async function put(cache: SharedCache, texts: readonly string[], from = 0): Promise<void> {
  const before = cache.stats().sets;
  cache.setMany(texts.map((text, i) => ({ key: keyOf(text), vector: vectorOf(from + i) })));
  await vi.waitFor(() => expect(cache.stats().sets).toBe(before + texts.length));
}

const untilClosed = (cache: SharedCache) =>
  vi.waitFor(() => expect(cache.stats().state).toBe("closed"), { timeout: 10_000, interval: 10 });

describe.skipIf(binary === undefined)("with a real Redis", () => {
  test("what one replica sets another finds, of unit length, in the order asked", async () => {
    const server = await redis();
    const [one, other] = [await cacheOf(server), await cacheOf(server)];
    await put(one, ["a", "b", "c"]);
    const found = await other.getMany(["c", "nowhere", "a", "c"].map(keyOf));
    expect(found.map((vector) => vector !== undefined)).toEqual([true, false, true, true]);
    expect(cosine(vectorOf(2), found[0])).toBeGreaterThan(0.999999);
    expect(cosine(vectorOf(0), found[2])).toBeGreaterThan(0.999999);
    for (const vector of found) if (vector) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    expect(found[0]).not.toBe(found[3]);
    expect(other.stats()).toMatchObject({ hits: 3, misses: 1, errors: 0, timeouts: 0, skipped: 0 });
  });

  test("a key holds the embedder and a hash, a value 2 KiB of numbers that expire", async () => {
    const server = await redis();
    await put(await cacheOf(server, { ttlSeconds: 1 }), ["What is a secret prompt?"]);
    const client = look(server);
    const key = inRedis("What is a secret prompt?");
    expect(await client.keys("*")).toEqual([key]);
    expect((await client.getBuffer(key))?.length).toBe(2048);
    expect(await client.pttl(key)).toBeGreaterThan(0);
    await vi.waitFor(async () => expect(await client.exists(key)).toBe(0), { timeout: 10_000 });
  });

  test("another revision, or an embedder of another name, finds nothing", async () => {
    const server = await redis();
    await put(await cacheOf(server), ["a"]);
    for (const other of [
      { ...identity, revision: "ba9876543210" },
      { ...identity, name: "qwen3" },
    ]) {
      const cache = await cacheOf(server, { identity: other });
      expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    }
  });

  test.each([
    { case: "a list", put: (c: Redis, key: string) => c.lpush(key, "x"), errors: 0 },
    { case: "a short value", put: (c: Redis, key: string) => c.set(key, "short"), errors: 1 },
    {
      case: "a vector of 384 numbers",
      put: (c: Redis, key: string) =>
        c.set(key, Buffer.from(new Float16Array(384).fill(0.05).buffer)),
      errors: 1,
    },
    {
      case: "a vector that is not a number",
      put: (c: Redis, key: string) => c.set(key, toRedis(vectorOf(1).fill(Number.NaN, 5, 6))),
      errors: 1,
    },
    {
      case: "a vector of zeros",
      put: (c: Redis, key: string) => c.set(key, Buffer.alloc(2048)),
      errors: 1,
    },
    {
      case: "a vector of another length",
      put: (c: Redis, key: string) => c.set(key, toRedis(vectorOf(1).map((value) => value * 1.1))),
      errors: 1,
    },
    {
      case: "2 KiB of anything",
      put: (c: Redis, key: string) => c.set(key, Buffer.alloc(2048, "anything")),
      errors: 1,
    },
  ])("$case is a miss, and what is beside it is found", async ({ put: putBad, errors }) => {
    const server = await redis();
    const cache = await cacheOf(server);
    await put(cache, ["good"]);
    await putBad(look(server), inRedis("bad"));
    const [bad, good] = await cache.getMany([keyOf("bad"), keyOf("good")]);
    expect(bad).toBeUndefined();
    expect(cosine(vectorOf(0), good)).toBeGreaterThan(0.999999);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, errors, state: "closed" });
  });

  test("a flushed server misses, and is filled again", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    await put(cache, ["a"]);
    await look(server).flushall();
    expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    await put(cache, ["a"]);
    expect((await cache.getMany([keyOf("a")]))[0]).toBeDefined();
  });

  test("killed under load, every get is answered; started again, it is used again", async () => {
    const server = await redis();
    const notices: Availability[] = [];
    const cache = await cacheOf(server, { onStateChange: (notice) => notices.push(notice) });
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    await put(cache, texts);
    const gets = Array.from({ length: 300 }, () => cache.getMany(texts.map(keyOf)));
    const killed = server.kill();
    for (const found of await Promise.all(gets)) expect(found).toHaveLength(40);
    await killed;
    await vi.waitFor(() => expect(cache.stats().state).not.toBe("closed"));
    const { skipped } = cache.stats();
    expect(await cache.getMany([keyOf("text 0")])).toEqual([undefined]);
    expect(cache.stats().skipped).toBe(skipped + 1);
    expect(notices.map(({ state }) => state)).toEqual(["open"]);

    await server.start();
    await untilClosed(cache);
    await put(cache, ["new"], 99);
    const [found] = await cache.getMany([keyOf("new")]);
    expect(cosine(vectorOf(99), found)).toBeGreaterThan(0.999999);
  });

  test("a server that hangs costs one deadline, then nothing, and recovers", async () => {
    const server = await redis();
    const cache = await cacheOf(server, { timeoutMs: 100 });
    await untilClosed(cache);
    server.signal("SIGSTOP");
    const together = await Promise.all([
      cache.getMany([keyOf("a")]),
      cache.getMany([keyOf("b"), keyOf("c")]),
    ]);
    expect(together).toEqual([[undefined], [undefined, undefined]]);
    expect(cache.stats().timeouts).toBe(2);
    // The socket still takes bytes, so the one thing that tells is that nobody was asked.
    for (let i = 0; i < 50; i++) await cache.getMany([keyOf("a")]);
    expect(cache.stats()).toMatchObject({ timeouts: 2, skipped: 50 });
    server.signal("SIGCONT");
    await untilClosed(cache);
    await vi.waitFor(async () => {
      await cache.getMany([keyOf("a")]);
      expect(cache.stats().misses).toBe(1);
    });
  });

  test("a server that answers after five seconds is not waited for", async () => {
    const server = await redis();
    const proxy = await slowProxy(server.port);
    toClose.push(() => proxy.close());
    const url = `redis://127.0.0.1:${proxy.port}`;
    const cache = await cacheOf({ url }, { timeoutMs: 100 });
    await untilClosed(cache);
    proxy.delay(5_000);
    expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    const asked = proxy.sent().length;
    for (let i = 0; i < 50; i++) await cache.getMany([keyOf(`text ${i}`)]);
    expect(cache.stats()).toMatchObject({ timeouts: 1, skipped: 50 });
    // Probes alone were sent meanwhile, not the 50 keys.
    const since = proxy.sent().subarray(asked).toString();
    expect(since).not.toContain(keyOf("text 0"));
    proxy.delay(0);
    await untilClosed(cache);
  });

  test("a server that is slow from the start is never waited for", async () => {
    const server = await redis();
    const proxy = await slowProxy(server.port);
    toClose.push(() => proxy.close());
    proxy.delay(200);
    const cache = await cacheOf({ url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 50 });
    expect(cache.stats().state).not.toBe("closed");
    await cache.getMany([keyOf("a")]);
    expect(cache.stats()).toMatchObject({ timeouts: 0, skipped: 1 });
  });

  test("a server that is not there yet is used once it is", async () => {
    const server = await redis();
    await server.kill();
    const notices: Availability[] = [];
    const cache = await cacheOf(server, { onStateChange: (notice) => notices.push(notice) });
    expect(notices).toEqual([{ state: "open", reason: "ECONNREFUSED" }]);
    expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    cache.setMany([{ key: keyOf("a"), vector: vectorOf(0) }]);
    expect(cache.stats()).toMatchObject({ skipped: 1, dropped: 1 });
    await server.start();
    await untilClosed(cache);
    await put(cache, ["a"]);
  });

  test("a wrong password is named without being said, and a corrected one is noticed", async () => {
    const server = await redis("--requirepass", "right-secret");
    const notices: Availability[] = [];
    const url = `redis://:wrong-secret@127.0.0.1:${server.port}`;
    const cache = await cacheOf({ url }, { onStateChange: (notice) => notices.push(notice) });
    expect(notices).toEqual([{ state: "open", reason: "WRONGPASS" }]);
    expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    await look(server, { password: "right-secret" }).config("SET", "requirepass", "wrong-secret");
    await untilClosed(cache);
    await put(cache, ["a"]);
  });

  test("no password where one is needed, and rights that lack, keep it open", async () => {
    const server = await redis("--requirepass", "secret");
    const reasons: (string | undefined)[] = [];
    const onStateChange = ({ reason }: Availability) => reasons.push(reason);
    await cacheOf(server, { onStateChange });
    const admin = look(server, { password: "secret" });
    await admin.acl("SETUSER", "reader", "on", ">pass", "~other:*", "+@all");
    await cacheOf({ url: `redis://reader:pass@127.0.0.1:${server.port}` }, { onStateChange });
    expect(reasons).toEqual(["NOAUTH", "NOPERM"]);
  });

  test("a user name, an escaped password and a database of the URL are used", async () => {
    const server = await redis();
    const admin = look(server, { db: 3 });
    await admin.acl(
      "SETUSER",
      "box",
      "on",
      ">p@ss/word",
      "~signalbox:*",
      "+mget",
      "+set",
      "+select",
    );
    const url = `redis://box:${encodeURIComponent("p@ss/word")}@127.0.0.1:${server.port}/3`;
    await put(await cacheOf({ url }), ["a"]);
    expect(await admin.exists(inRedis("a"))).toBe(1);
  });

  test("a server that is full is read on; what it does not take is dropped", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    await put(cache, ["a"]);
    await look(server).config("SET", "maxmemory", "1");
    cache.setMany([{ key: keyOf("b"), vector: vectorOf(1) }]);
    await vi.waitFor(() => expect(cache.stats().errors).toBe(1));
    cache.setMany([{ key: keyOf("c"), vector: vectorOf(1) }]);
    expect((await cache.getMany([keyOf("a")]))[0]).toBeDefined();
    expect(cache.stats()).toMatchObject({ sets: 1, errors: 1, dropped: 1, state: "closed" });
  });

  test("sets that the server does not take are dropped, never gathered", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    server.signal("SIGSTOP");
    const vector = vectorOf(0);
    for (let i = 0; i < 20; i++) {
      const texts = Array.from({ length: 200 }, (_, at) => `text ${i} ${at}`);
      cache.setMany(texts.map((text) => ({ key: keyOf(text), vector })));
    }
    // 512 wait, of 4,000.
    expect(cache.stats()).toMatchObject({ sets: 0, dropped: 3_488 });
    await vi.waitFor(() => expect(cache.stats().state).not.toBe("closed"), { timeout: 10_000 });
    expect(cache.stats().dropped).toBe(3_968);
    server.signal("SIGCONT");
    await untilClosed(cache);
    await put(cache, ["later"]);
  });

  test("an answer that came while this process was busy is not late", async () => {
    const server = await redis();
    const cache = await cacheOf(server, { timeoutMs: 50 });
    await untilClosed(cache);
    const get = cache.getMany([keyOf("a")]);
    await new Promise((done) => setImmediate(done));
    const until = performance.now() + 500;
    while (performance.now() < until);
    await get;
    expect(cache.stats()).toMatchObject({ misses: 1, timeouts: 0, state: "closed" });
  });

  test("a value of 64 MiB is a miss, and the next get is as any", async () => {
    const server = await redis();
    const cache = await cacheOf(server, { timeoutMs: 5_000 });
    await put(cache, ["good"]);
    await look(server).set(inRedis("huge"), Buffer.alloc(64 * 2 ** 20, 1));
    expect(await cache.getMany([keyOf("huge")])).toEqual([undefined]);
    await untilClosed(cache);
    expect((await cache.getMany([keyOf("good")]))[0]).toBeDefined();
  });

  test("a hanging server gathers a bounded number of gets", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    server.signal("SIGSTOP");
    const gets = Array.from({ length: 1_100 }, () => cache.getMany([keyOf("a")]));
    expect(cache.stats().skipped).toBe(76);
    for (const found of await Promise.all(gets)) expect(found).toEqual([undefined]);
  });

  test("a server that refuses every probe does not gather connections", async () => {
    const server = await redis("--requirepass", "secret");
    const cache = await cacheOf(server);
    expect(cache.stats().state).not.toBe("closed");
    const admin = look(server, { password: "secret" });
    const probes = async () =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info())?.[1]);
    const before = await probes();
    await vi.waitFor(async () => expect(await probes()).toBeGreaterThan(before + 8), {
      timeout: 10_000,
    });
    // The admin's own, and one that is at it or just going.
    expect(
      String(await admin.client("LIST"))
        .trim()
        .split("\n").length,
    ).toBeLessThanOrEqual(4);
  });

  test("many gets at once each have their own vectors", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    const texts = Array.from({ length: 64 }, (_, i) => `text ${i}`);
    await put(cache, texts);
    const gets = Array.from({ length: 400 }, async (_, i) => {
      const wanted = [i % 64, (i * 7) % 64, (i * 13) % 64];
      const found = await cache.getMany(wanted.map((at) => keyOf(`text ${at}`)));
      return wanted.every((at, j) => cosine(vectorOf(at), found[j]) > 0.999999);
    });
    expect((await Promise.all(gets)).every(Boolean)).toBe(true);
    expect(cache.stats()).toMatchObject({ hits: 1_200, misses: 0, skipped: 0 });
  });

  test("who gives up has nothing at once, and the server is not blamed", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    await put(cache, ["a"]);
    expect(await cache.getMany([keyOf("a")], AbortSignal.abort())).toEqual([undefined]);
    const controller = new AbortController();
    const get = cache.getMany([keyOf("a")], controller.signal);
    controller.abort(new Error("deadline"));
    expect(await get).toEqual([undefined]);
    expect((await cache.getMany([keyOf("a")]))[0]).toBeDefined();
    expect(cache.stats()).toMatchObject({ errors: 0, timeouts: 0, state: "closed" });
  });

  test("closed, it finds nothing and sets nothing", async () => {
    const server = await redis();
    const cache = await cacheOf(server);
    await put(cache, ["a"]);
    await cache.close();
    await cache.close();
    expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
    cache.setMany([{ key: keyOf("b"), vector: vectorOf(0) }]);
    await new Promise((done) => setImmediate(done));
    expect(await look(server).dbsize()).toBe(1);
  });

  test("an idle cache does not keep the process alive", async () => {
    const server = await redis();
    const script = `
      const { openRedisCache } = await import(${JSON.stringify(new URL("./redis-cache.ts", import.meta.url).href)});
      const cache = await openRedisCache({ url: "${server.url}", identity: { name: "n", revision: "r" },
        ttlSeconds: 60, timeoutMs: 2000 });
      console.log(cache.stats().state);`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe("closed");
  }, 30_000);

  test("rediss:// says nothing in clear to a server without TLS", async () => {
    const server = await redis();
    const proxy = await slowProxy(server.port);
    toClose.push(() => proxy.close());
    const url = `rediss://user:secret@127.0.0.1:${proxy.port}`;
    const cache = await cacheOf({ url });
    expect(cache.stats().state).not.toBe("closed");
    expect(proxy.sent()[0]).toBe(0x16);
    expect(proxy.sent().includes("secret")).toBe(false);
  });
});

test("a server whose name is not known is left alone", async () => {
  const port = await freePort();
  const notices: Availability[] = [];
  const cache = await cacheOf(
    { url: `redis://nowhere.invalid:${port}` },
    { onStateChange: (notice) => notices.push(notice) },
  );
  expect(await cache.getMany([keyOf("a")])).toEqual([undefined]);
  expect(notices).toHaveLength(1);
  expect(JSON.stringify(notices)).not.toContain("nowhere");
});

test.each([
  "http://h:6379",
  "redis:",
  "memcached://user:secret@h",
  "nonsense",
  "redis://h/x",
  "redis://:%secret@h",
])("%s is refused, unsaid", async (url) => {
  const refused = openRedisCache({ url, identity, ttlSeconds: 60, ...generous });
  await expect(refused).rejects.toMatchObject({ code: "config_invalid" });
  await expect(refused).rejects.not.toThrow(/secret/);
});

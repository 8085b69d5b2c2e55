import { type Availability, circuitBreaker } from "./circuit-breaker.ts";
import type { EmbedderIdentity } from "./embedder.ts";
import { lateReason, openRedisLink, type RedisLink, reasonOf, redisAddress } from "./redis-link.ts";
import { fromRedis, toRedis } from "./redis-vector.ts";
import type { SharedCache } from "./shared-cache.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface RedisCacheOptions {
  /** redis://[user[:password]@]host[:port][/database], or rediss:// for TLS. */
  readonly url: string;
  /** Vectors of another embedder, or another revision of it, are never found. */
  readonly identity: Pick<EmbedderIdentity, "name" | "revision">;
  /** How long a vector is kept after it was set. */
  readonly ttlSeconds: number;
  /** What a get may take, at most; the server that takes longer is not asked again before a probe succeeds in it. */
  readonly timeoutMs: number;
  /** Before every key. */
  readonly prefix?: string;
  /** For the log; says nothing secret and speaks at most once in ten seconds. */
  readonly onStateChange?: ((now: Availability) => void) | undefined;
  /** Before the first probe of a server that failed; see `circuitBreaker`. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
}

/** For a connection with TLS and a password, across a region; nobody waits for it but the start of the process. */
const connectMs = 1_000;

/** Nobody waits for a set, but a server that takes longer hangs. */
const setMs = 1_000;

/** A round trip's worth: 64 KiB of vectors, which gets on the same connection wait behind for 0.5 ms at 1 Gbit/s. */
const maxSetBatch = 32;

/** Vectors that wait to be set, 2 KiB each. More come only when the server is slower than the embedder. */
const maxPendingSets = 512;

/** Gets without an answer yet, of which a hanging server could gather a deadline's worth. */
const maxGets = 1_024;

/** A server that refuses to write (full, or a replica) may still be read, and is asked to write again after this. */
const setPauseMs = 5_000;

/**
 * A cache in Redis or Valkey, under `signalbox:NAME:REVISION:KEY`. Resolves after the first attempt to connect, of a
 * second at most, whether or not it succeeded; throws `config_invalid` for a URL that is none of Redis. A server that
 * is dead, hangs, is slow, or refuses costs the gets that wait for it the rest of their deadline, once; then it is
 * left alone, at no cost, until a probe in the background finds it answering within the deadline.
 */
export async function openRedisCache({
  url,
  identity: { name, revision },
  ttlSeconds,
  timeoutMs,
  prefix = "signalbox",
  onStateChange,
  ...pauses
}: RedisCacheOptions): Promise<SharedCache> {
  const address = redisAddress(url);
  const inRedis = (key: string) => `${prefix}:${encodeURIComponent(name)}:${revision}:${key}`;
  const counts = { hits: 0, misses: 0, errors: 0, timeouts: 0, skipped: 0, sets: 0, dropped: 0 };
  const breaker = circuitBreaker({ probe, onChange: onStateChange, ...pauses });
  /** Undefined unless the breaker is closed. */
  let link: RedisLink | undefined;
  let gets = 0;
  let pending: (readonly [key: string, value: Buffer])[] = [];
  let setting = false;
  let noSetsBefore = 0;
  let closed = false;

  /** Asks what a get asks, so that whatever would fail a get, missing rights among it, fails here. */
  async function probe(): Promise<string | undefined> {
    let opened: RedisLink | undefined;
    try {
      opened = await openRedisLink(address, connectMs, (reason) => {
        if (link === opened) lose(reason);
      });
      await opened.getMany([inRedis("probe")], timeoutMs);
      if (closed) opened.drop("closed");
      else link = opened;
      return undefined;
    } catch (thrown) {
      const reason = reasonOf(thrown);
      opened?.drop(reason);
      return reason;
    }
  }

  function lose(reason: string): void {
    link?.drop(reason);
    link = undefined;
    counts.dropped += pending.length;
    pending = [];
    breaker.trip(reason);
  }

  function countFault(thrown: unknown): string {
    const reason = reasonOf(thrown);
    counts[reason === lateReason ? "timeouts" : "errors"]++;
    return reason;
  }

  async function ask(asked: RedisLink, keys: readonly string[]) {
    gets++;
    try {
      const values = await asked.getMany(keys.map(inRedis), timeoutMs);
      breaker.worked();
      return values.map(readVector);
    } catch (thrown) {
      const reason = countFault(thrown);
      if (link === asked) lose(reason);
      return keys.map(() => undefined);
    } finally {
      gets--;
    }
  }

  function readVector(value: Buffer | null): Float32Array | undefined {
    const vector = value === null ? undefined : fromRedis(value);
    counts[vector ? "hits" : "misses"]++;
    if (value !== null && !vector) counts.errors++;
    return vector;
  }

  /** One batch at a time: what comes meanwhile makes the next one larger. */
  async function setPending(): Promise<void> {
    if (setting) return;
    setting = true;
    for (let used = link; used && pending.length > 0; used = link) {
      const batch = pending.splice(0, maxSetBatch);
      try {
        const refusal = await used.setMany(batch, ttlSeconds, setMs);
        if (refusal === undefined) {
          counts.sets += batch.length;
        } else {
          counts.errors++;
          noSetsBefore = performance.now() + setPauseMs;
          counts.dropped += pending.length;
          pending = [];
        }
      } catch (thrown) {
        const reason = countFault(thrown);
        if (link === used) lose(reason);
      }
    }
    setting = false;
  }

  await breaker.start();

  return {
    async getMany(keys, signal) {
      const nothing = keys.map(() => undefined);
      if (keys.length === 0 || signal?.aborted) return nothing;
      if (!link || gets >= maxGets) {
        counts.skipped += keys.length;
        return nothing;
      }
      // Who goes away does not call off the question: its answer, or the lack of one, tells how the server is.
      return unlessAborted(ask(link, keys), signal).catch(() => nothing);
    },
    setMany(entries) {
      const room =
        link && performance.now() >= noSetsBefore
          ? Math.max(0, maxPendingSets - pending.length)
          : 0;
      counts.dropped += Math.max(0, entries.length - room);
      for (const { key, vector } of entries.slice(0, room)) {
        pending.push([inRedis(key), toRedis(vector)]);
      }
      // In the next turn of the loop, so that what one batch of the embedder gave is one batch here.
      if (pending.length > 0) setImmediate(setPending);
    },
    stats: () => ({ ...counts, state: breaker.state() }),
    async close() {
      closed = true;
      breaker.stop();
      link?.drop("closed");
      link = undefined;
      pending = [];
    },
  };
}

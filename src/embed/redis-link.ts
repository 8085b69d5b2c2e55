import { RouterError } from "../errors.ts";

/** One connection to Redis or Valkey, used until something goes wrong with it and never again. */
export interface RedisLink {
  /** The values, null where there is none or it is no string. Rejects with a RedisFault. */
  getMany(keys: readonly string[], limitMs: number): Promise<readonly (Buffer | null)[]>;
  /**
   * Sets all in one round trip; the first reason why one was refused, or undefined. Rejects with a RedisFault when
   * there was no answer.
   */
  setMany(
    entries: readonly (readonly [key: string, value: Buffer])[],
    ttlSeconds: number,
    limitMs: number,
  ): Promise<string | undefined>;
  /** Ends it and rejects whatever waits for an answer, with this reason. */
  drop(reason: string): void;
}

/** Not a RouterError: it never leaves the cache. Its message is the reason alone: no host, no key. */
export class RedisFault extends Error {
  override readonly name = "RedisFault";
}

/** Reason of a command that was not answered in time. */
export const lateReason = "timeout";

/**
 * Connects and authenticates. Nothing is queued while there is no connection, nothing is sent twice, and nothing
 * reconnects by itself. `onLost` learns, once, why an open link ended, unless `drop` ended it. Rejects with a
 * RedisFault after `limitMs` at most. An idle link does not keep the process alive.
 */
export async function openRedisLink(
  address: RedisAddress,
  limitMs: number,
  onLost: (reason: string) => void,
): Promise<RedisLink> {
  // Loaded where Redis is used: it takes 40 ms and 20 MiB.
  const ioredis = await import("ioredis");
  const client = new ioredis.Redis({
    ...address,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    connectTimeout: limitMs,
    // INFO may be forbidden, and whoever opened the link asks what it needs anyway.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  });
  const waiting = new Set<(fault: RedisFault) => void>();
  let lastFault: unknown;
  let ended = false;

  function end(reason: string): void {
    if (ended) return;
    ended = true;
    client.disconnect();
    // Without this a server that hangs would hold the socket until it answers the goodbye.
    client.stream?.destroy();
    for (const reject of waiting) reject(new RedisFault(reason));
    waiting.clear();
  }

  function answered<T>(command: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      // The answer may lie in the socket, unread because this process was busy: one turn of the loop reads it.
      const timer = setTimeout(() => setImmediate(expire), ms);
      const expire = () => waiting.has(rejectOnce) && lose(lateReason);
      const rejectOnce = (fault: RedisFault) => {
        clearTimeout(timer);
        waiting.delete(rejectOnce);
        reject(fault);
      };
      waiting.add(rejectOnce);
      command.then(
        (value) => {
          clearTimeout(timer);
          waiting.delete(rejectOnce);
          resolve(value);
        },
        (thrown: unknown) => rejectOnce(new RedisFault(reasonOf(thrown))),
      );
    });
  }

  function lose(reason: string): void {
    if (ended) return;
    end(reason);
    onLost(reason);
  }

  // What it says is kept for the moment when the connection closes; without a listener it would be printed.
  client.on("error", (error) => {
    lastFault = error;
  });
  try {
    await answered(client.connect(), limitMs);
  } catch (thrown) {
    const reason = lastFault === undefined ? reasonOf(thrown) : reasonOf(lastFault);
    end(reason);
    throw new RedisFault(reason);
  }
  client.stream.unref();
  client.on("close", () => lose(lastFault === undefined ? "closed" : reasonOf(lastFault)));

  return {
    getMany: (keys, ms) => answered(client.mgetBuffer(...keys), ms),
    async setMany(entries, ttlSeconds, ms) {
      const pipeline = client.pipeline();
      for (const [key, value] of entries) pipeline.set(key, value, "EX", ttlSeconds);
      const results = (await answered(pipeline.exec(), ms)) ?? [];
      const refusal = results.find(([error]) => error)?.[0];
      return refusal ? reasonOf(refusal) : undefined;
    },
    drop: end,
  };
}

/** The code of a system's or TLS error, or the first word of the server's (`WRONGPASS`): the rest names hosts and keys. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof RedisFault) return thrown.message;
  if (!(thrown instanceof Error)) return "unknown";
  if ("code" in thrown && typeof thrown.code === "string") return thrown.code;
  const [word] = /^[A-Z][A-Z0-9]+(?= )/.exec(thrown.message) ?? [];
  return thrown.name === "ReplyError" && word !== undefined ? word : "closed";
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly db: number;
  /** Present where the connection uses TLS, with Node's own certificate authorities and NODE_EXTRA_CA_CERTS. */
  readonly tls?: object;
}

/** Of redis://[user[:password]@]host[:port][/database], or rediss:// for TLS. Throws `config_invalid`, without the URL. */
export function redisAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  const db = Number(url?.pathname.slice(1));
  const [username, password] = [url?.username ?? "", url?.password ?? ""].map(unescaped);
  const isRedis = /^rediss?:$/.test(url?.protocol ?? "") && Number.isInteger(db);
  if (!url?.hostname || !isRedis || username === undefined || password === undefined) {
    throw new RouterError(
      "config_invalid",
      "the URL of the shared cache is not redis://HOST or rediss://HOST, or is not escaped",
      "Correct embedding.cache.redis_url",
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 6379),
    username,
    password,
    db,
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

import type { Path, Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";

const http: Path = ["embedding", "http"];

export function embedderIsOne({ embedding, embedding_models }: RouterConfig): readonly Problem[] {
  if (embedding.http === undefined || embedding_models.qwen3_model_path === undefined) return [];
  const message = "and embedding_models.qwen3_model_path name two embedders; remove one";
  return [{ path: http, message }];
}

/** Otherwise the file says that it waits for threads that never start. */
export function workersAreEnough({ embedding }: RouterConfig): readonly Problem[] {
  const { workers, min_workers } = embedding;
  if (workers === undefined || min_workers <= workers) return [];
  return [
    {
      path: ["embedding", "min_workers"],
      message: `${min_workers} threads must be warm, and embedding.workers allows ${workers}`,
    },
  ];
}

/** Messages never hold the URL: it may have a password in it. */
export function serversHaveUrls({ embedding }: RouterConfig): readonly Problem[] {
  const problem = (path: Path, message: string | undefined): readonly Problem[] =>
    message === undefined ? [] : [{ path, message }];
  return [
    ...problem([...http, "url"], embedding.http && httpFault(embedding.http.url)),
    ...problem(
      ["embedding", "cache", "redis_url"],
      embedding.cache.redis_url === undefined ? undefined : redisFault(embedding.cache.redis_url),
    ),
  ];
}

function httpFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol))
    return "must be an http:// or https:// URL";
  if (url.username || url.password) return "must hold no password; write it as api_key or a header";
  return undefined;
}

function redisFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !["redis:", "rediss:"].includes(url.protocol) || !url.hostname) {
    return "must be a redis:// or rediss:// URL";
  }
  if (!/^\/?\d*$/.test(url.pathname))
    return "must have nothing but the number of a database as its path";
  if (url.search || url.hash) return "must have neither a query nor a fragment; escape a password";
  if (!isEscaped(url.username) || !isEscaped(url.password)) {
    return "has a user or password that is not escaped for URLs; write % as %25";
  }
  return undefined;
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Nothing would be sent with them, and the error would come with the first request. */
export function headersCanBeSent({ embedding }: RouterConfig): readonly Problem[] {
  const { api_key = "", headers = {} } = embedding.http ?? {};
  const values = [
    { path: [...http, "api_key"], value: api_key.trim() },
    ...Object.entries(headers).map(([name, value]) => ({
      path: [...http, "headers", name],
      value,
    })),
  ];
  const names = Object.keys(headers).filter((name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name));
  return [
    ...names.map((name) => ({
      path: [...http, "headers", name],
      message: "the name is none of a header",
    })),
    ...values
      .filter(({ value }) => !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      .map(({ path }) => ({ path, message: "holds what a header cannot carry" })),
  ];
}

import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";

/** Where embeddings are asked for, over connections that are kept. */
export interface Endpoint {
  readonly url: URL;
  /** May hold a key: never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: http.Agent;
}

/** Why there is no answer that can be used. Its message shows nothing of the request, the answer or the server. */
export class HttpFault extends Error {
  override readonly name = "HttpFault";
  /** The same request may succeed in a moment. */
  readonly passing: boolean;
  /** The server asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;
  /** The server read the request and will not have it: one of its texts may be too long. */
  readonly refusesTexts: boolean;

  constructor(
    message: string,
    {
      passing = false,
      refusesTexts = false,
      retryAfterMs,
    }: { passing?: boolean; refusesTexts?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.passing = passing;
    this.refusesTexts = refusesTexts;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Reason of a request that `signal` ended. */
export const httpTimeout = "timeout";

const passingStatus = new Set([429, 500, 502, 503, 504]);
const passingCodes = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "EAI_AGAIN", "ETIMEDOUT"]);

export function endpointOf(
  url: URL,
  headers: Readonly<Record<string, string>>,
  connections: number,
): Endpoint {
  // As many as run at once; those that idle do not keep the process alive.
  const pool = { keepAlive: true, maxSockets: connections, scheduling: "lifo" } as const;
  const agent = url.protocol === "https:" ? new https.Agent(pool) : new http.Agent(pool);
  return { url, headers, agent };
}

/**
 * The body of the answer to one POST of JSON. Redirects are not followed: they would take the key and the texts to a
 * server that nobody configured. Rejects with an HttpFault, also when `signal` aborts or the answer passes `maxBytes`.
 */
export async function post(
  { url, headers, agent }: Endpoint,
  json: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { request: open } = url.protocol === "https:" ? https : http;
  let request: http.ClientRequest | undefined;
  try {
    request = open(url, {
      method: "POST",
      agent,
      signal,
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(json),
        ...headers,
      },
    });
    // It may fail a second time, when nobody waits for it any more.
    request.on("error", () => undefined);
    request.end(json);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    if (response.statusCode !== 200) throw refusal(response);
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") throw new HttpFault("a compressed answer, not asked for");
    return await bounded(response, maxBytes);
  } catch (thrown) {
    request?.destroy();
    if (signal.aborted) throw new HttpFault(httpTimeout);
    if (thrown instanceof HttpFault) throw thrown;
    const code =
      thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
        ? thrown.code
        : "connection lost";
    throw new HttpFault(code, { passing: passingCodes.has(code) });
  }
}

async function bounded(response: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpFault(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusal({ statusCode = 0, headers }: http.IncomingMessage): HttpFault {
  return new HttpFault(`HTTP ${statusCode}`, {
    passing: passingStatus.has(statusCode),
    refusesTexts: [400, 413, 422].includes(statusCode),
    retryAfterMs: retryAfterMs(headers["retry-after"]),
  });
}

/** Seconds, or a date; RFC 9110, section 10.2.3. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

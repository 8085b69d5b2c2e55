import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { StringDecoder } from "node:string_decoder";
import { retryAfterMs } from "../hub/retry.ts";
import { type Answer, parseAnswer, streamedAnswer } from "./chat-answer.ts";
import { ChatFault, redacted } from "./chat-fault.ts";

/** A server, over connections that are kept. */
export interface Connection {
  readonly url: URL;
  readonly agent: http.Agent;
}

export interface ChatRequest {
  readonly json: string;
  /** May hold keys: never shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the whole attempt. */
  readonly timeoutMs: number;
  readonly stream: boolean;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

export interface TimedAnswer extends Answer {
  /** From the request to the end of the answer. */
  readonly seconds: number;
  /** To the first part of the text; only of a streamed answer. */
  readonly firstTokenSeconds?: number | undefined;
}

/** A long answer has 100 KB. */
const maxAnswerBytes = 16 * 1024 ** 2;
const maxErrorBytes = 64 * 1024;

/** The server may do better the next time. */
const passingStatus = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

export function connectionTo(endpoint: URL, concurrency: number): Connection {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  // As many as run at once, so that none waits for a connection while its time runs.
  const pool = { keepAlive: true, maxSockets: concurrency, scheduling: "lifo" } as const;
  return { url, agent: url.protocol === "https:" ? new https.Agent(pool) : new http.Agent(pool) };
}

/**
 * One attempt. Redirects are not followed: they would take the key to a server that nobody configured. Rejects with a
 * ChatFault, or with the signal's reason.
 */
export async function postChat(connection: Connection, asked: ChatRequest): Promise<TimedAnswer> {
  const { headers, timeoutMs, signal } = asked;
  signal.throwIfAborted();
  let timedOut = false;
  const started = performance.now();
  const request = open(connection, asked);
  const end = () => request.destroy();
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener("abort", end);
  // It may fail a second time, when nobody waits for it any more.
  request.on("error", () => undefined);
  try {
    request.end(asked.json);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    if (response.statusCode !== 200) throw await refusal(response, headers);
    const streamed = /^text\/event-stream/i.test(response.headers["content-type"] ?? "");
    const answer = streamed
      ? await readStream(response, started)
      : parseAnswer((await readWhole(response, maxAnswerBytes)).toString("utf8"));
    return { ...answer, seconds: (performance.now() - started) / 1000 };
  } catch (thrown) {
    end();
    signal.throwIfAborted();
    if (timedOut) {
      throw new ChatFault("timeout", `no answer within ${timeoutMs / 1000} s`, { passing: true });
    }
    if (thrown instanceof ChatFault) throw thrown;
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "broken off";
    throw new ChatFault("connection", `the connection failed (${code})`, { passing: true });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function open({ url, agent }: Connection, { json, headers, stream }: ChatRequest) {
  const { request } = url.protocol === "https:" ? https : http;
  return request(url, {
    method: "POST",
    agent,
    headers: {
      accept: stream ? "text/event-stream" : "application/json",
      "accept-encoding": "identity",
      "content-type": "application/json",
      "content-length": Buffer.byteLength(json),
      "user-agent": "signalbox",
      ...headers,
    },
  });
}

function readWhole(response: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return read(response, (chunk) => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }).then(() => Buffer.concat(chunks));
}

/** Gives `take` all of a body. By its events: an async iterator costs more than all else of a small answer. */
function read(response: http.IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response
      .on("data", (chunk: Buffer) => {
        try {
          take(chunk);
        } catch (thrown) {
          reject(thrown);
        }
      })
      .on("end", resolve)
      .on("error", reject)
      // Without an end, when the connection broke.
      .on("close", () => response.complete || reject(new Error("broken off")));
  });
}

/** Server-sent events; of each only its data counts. */
async function readStream(response: http.IncomingMessage, started: number) {
  const answer = streamedAnswer();
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let bytes = 0;
  let firstTokenSeconds: number | undefined;
  const take = (line: string): void => {
    if (!line.startsWith("data:")) return;
    if (answer.add(line.slice(5).trim())) {
      firstTokenSeconds ??= (performance.now() - started) / 1000;
    }
  };
  await read(response, (chunk) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw tooLong(maxAnswerBytes);
    const lines = (rest + decoder.write(chunk)).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  take(rest + decoder.end());
  return { ...answer.end(), firstTokenSeconds };
}

const tooLong = (maxBytes: number) =>
  new ChatFault("invalid_answer", `an answer of more than ${maxBytes} bytes`);

/** With the server's own words, which say whether it was the model's name, the key or the length. */
async function refusal(
  response: http.IncomingMessage,
  sent: Readonly<Record<string, string>>,
): Promise<ChatFault> {
  const { statusCode = 0, headers } = response;
  const words = await readWhole(response, maxErrorBytes)
    .then((body) => errorText(body.toString("utf8")))
    .catch(() => "");
  const said = redacted(words, sent);
  const retryAfter = headers["retry-after"];
  return new ChatFault(`http_${statusCode}`, `HTTP ${statusCode}${said && `: ${said}`}`, {
    passing: passingStatus.has(statusCode),
    retryAfterMs:
      retryAfter === undefined
        ? undefined
        : retryAfterMs(new Headers({ "retry-after": retryAfter })),
  });
}

/** OpenAI's form, and what other servers make of it. */
function errorText(body: string): string {
  try {
    const { error, message, detail } = JSON.parse(body);
    const found = error?.message ?? error ?? message ?? detail;
    return typeof found === "string" ? found : "";
  } catch {
    return "";
  }
}

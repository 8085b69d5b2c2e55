import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Behaviour, Counts, Fault, Received } from "./behaviour.ts";
import { chatAnswer, streamChunks, usageOf } from "./chat-completion.ts";
import { type ChatRequest, parseChatRequest, promptOf, queryOf } from "./chat-request.ts";

export interface MockServer {
  readonly port: number;
  /** The last requests, oldest first. */
  received(): readonly Received[];
  counts(): Readonly<Record<string, Counts>>;
  forget(): void;
  /** Takes no new requests and resolves when those in flight have ended; what lasts longer is cut off. */
  drain(graceMs: number): Promise<void>;
}

export interface MockServerOptions {
  readonly behaviours: readonly Behaviour[];
  /** Answers what names none of them; without it that is a 404, as of a real server. */
  readonly unknownModel?: string | undefined;
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  readonly keepRequests?: number;
}

/** Above the bodies of every test; a larger one is refused before it fills the memory. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * An OpenAI-compatible server. What it is asked is kept in memory, for GET /__requests, and never logged. Rejects with
 * the system's error when the address cannot be bound.
 */
export async function startMockServer(options: MockServerOptions): Promise<MockServer> {
  const { behaviours, unknownModel, keepRequests = 16 } = options;
  const byModel = new Map(behaviours.map((one) => [one.model, one]));
  let kept: Received[] = [];
  let counts = countsOf(behaviours);
  let draining = false;
  function forget(): void {
    kept = [];
    counts = countsOf(behaviours);
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?")[0];
    if (path === "/healthz") return json(response, draining ? 503 : 200, { ok: !draining });
    if (path === "/__requests" && method === "DELETE") forget();
    if (path === "/__requests") return json(response, 200, kept.map(inJson));
    if (path === "/__counts") return json(response, 200, counts);
    const body = await readWhole(request);
    if (!body) return refuse(response, 413, "the body is too large");
    const received = { method, path: url, headers: plain(request.headers), body };
    const one = { ...received, trailers: plain(request.trailers) };
    if (keepRequests > 0) kept = [...kept, one].slice(-keepRequests);
    if (method === "GET" && path === "/v1/models") {
      const data = behaviours.map(({ model }) => ({ id: model, object: "model" }));
      return json(response, 200, { object: "list", data });
    }
    if (method !== "POST" || path !== "/v1/chat/completions") {
      return refuse(response, 404, "no such endpoint");
    }
    const asked = parseChatRequest(body);
    if (!asked) return refuse(response, 400, "not JSON");
    const behaviour = byModel.get(String(asked.model)) ?? byModel.get(unknownModel ?? "");
    if (!behaviour) return refuse(response, 404, "no such model", "model_not_found");
    await complete(behaviour, asked, one, response);
  }

  async function complete(
    behaviour: Behaviour,
    asked: ChatRequest,
    received: Received,
    response: ServerResponse,
  ): Promise<void> {
    const { model } = behaviour;
    const count = counts[model] as Counts;
    count.requests++;
    const fault = behaviour.nextFault?.();
    if (fault?.kind === "status") {
      count.failed++;
      return fail(response, fault);
    }
    const found = behaviour.answer(queryOf(asked));
    const answer = { ...found, usage: found.usage ?? usageOf(found.text, promptOf(asked)) };
    await behaviour.beforeAnswer?.(answer);
    const echo = behaviour.echo ? { received: inJson(received) } : {};
    const send = asked.stream === true ? sendStream : sendWhole;
    const whole = await send(response, behaviour, answer, echo, fault?.afterChunks);
    count[whole ? "answered" : "dropped"]++;
  }

  const server = createServer((request, response) => {
    // A client that goes away half way is the client's affair.
    respond(request, response).catch(() => response.destroy());
  });
  // Envoy keeps idle connections for an hour: one that we closed first would cost it a request.
  server.keepAliveTimeout = 0;
  server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received: () => kept,
    counts: () => counts,
    forget,
    async drain(graceMs) {
      draining = true;
      await close(server, graceMs);
    },
  };
}

type Whole = boolean;

async function sendWhole(
  response: ServerResponse,
  { model }: Behaviour,
  { text, usage, latencyMs }: Answer,
  echo: object,
  dropAfter: number | undefined,
): Promise<Whole> {
  const value = chatAnswer(model, text, usage, echo);
  const latency = latencyMs === undefined ? {} : { "x-mock-latency-ms": `${latencyMs}` };
  if (dropAfter === undefined) {
    json(response, 200, value, latency);
    return true;
  }
  if (dropAfter > 0) {
    const body = JSON.stringify(value);
    response.writeHead(200, jsonHeaders(body));
    await written(response, body.slice(0, body.length / 2));
  }
  response.destroy();
  return false;
}

async function sendStream(
  response: ServerResponse,
  { model, beforeChunk }: Behaviour,
  { text, usage }: Answer,
  echo: object,
  dropAfter: number | undefined,
): Promise<Whole> {
  if (dropAfter !== 0) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  }
  for (const [at, chunk] of streamChunks(model, text, usage, echo).entries()) {
    if (at === dropAfter) {
      response.destroy();
      return false;
    }
    if (at > 0) await beforeChunk?.();
    if (response.destroyed) return false;
    if (dropAfter === undefined) response.write(chunk);
    else await written(response, chunk);
  }
  response.end();
  return true;
}

/** Resolves when the socket has the bytes: a connection that breaks right after must not take them along. */
const written = (response: ServerResponse, text: string): Promise<unknown> =>
  new Promise((done) => response.write(text, done));

function fail(
  response: ServerResponse,
  { status, retryAfterS }: Extract<Fault, { kind: "status" }>,
): void {
  const wait = retryAfterS === undefined ? {} : { "retry-after": `${retryAfterS}` };
  refuse(response, status, `a fault of status ${status}, as configured`, null, wait);
}

const refuse = (
  response: ServerResponse,
  status: number,
  message: string,
  code: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): void => json(response, status, { error: { message, type: "mock", code } }, headers);

const jsonHeaders = (body: string) => ({
  "content-type": "application/json",
  "content-length": Buffer.byteLength(body),
});

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { ...jsonHeaders(body), ...headers });
  response.end(body);
}

/** Undefined when it is too large. */
async function readWhole(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    // The rest is read and dropped, so that the client gets to see the answer.
    if (bytes <= maxBodyBytes) pieces.push(piece);
  }
  return bytes <= maxBodyBytes ? Buffer.concat(pieces) : undefined;
}

const inJson = (one: Received) => ({ ...one, body: one.body.toString("base64") });

const plain = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const countsOf = (behaviours: readonly Behaviour[]): Record<string, Counts> =>
  Object.fromEntries(
    behaviours.map(({ model }) => [model, { requests: 0, answered: 0, failed: 0, dropped: 0 }]),
  );

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(late);
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chatAnswer, streamChunks } from "./chat-completion.ts";
import { type Skill, solve } from "./skill.ts";

/** What a mock LLM received, to the byte. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface MockLlm {
  readonly model: string;
  readonly port: number;
  /** The last requests, oldest first. */
  received(): readonly Received[];
  forget(): void;
  close(): Promise<void>;
}

export interface MockLlmOptions {
  readonly model: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** Without it every answer is the model's name. */
  readonly skill?: Skill;
  /** Awaited before an answer begins. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Awaited before every chunk of a streamed answer but the first. */
  readonly beforeChunk?: () => Promise<void>;
}

const keptRequests = 16;

/** An OpenAI-compatible server that answers with its own name. What it is asked is kept in memory and never logged. */
export async function startMockLlm(options: MockLlmOptions): Promise<MockLlm> {
  const { model } = options;
  let kept: Received[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (path === "/__requests") {
      return json(
        response,
        200,
        kept.map((one) => ({ ...one, body: one.body.toString("base64") })),
      );
    }
    const body = await readWhole(request);
    const { method = "GET" } = request;
    kept = [
      ...kept.slice(1 - keptRequests),
      { method, path, headers: plain(request.headers), trailers: plain(request.trailers), body },
    ];
    if (method === "GET" && path === "/v1/models") {
      return json(response, 200, { object: "list", data: [{ id: model, object: "model" }] });
    }
    if (method !== "POST" || !path.startsWith("/v1/chat/completions")) {
      return json(response, 404, { error: { message: "no such endpoint", type: "mock" } });
    }
    await complete(body, response);
  }

  async function complete(body: Buffer, response: ServerResponse): Promise<void> {
    const asked = parse(body);
    if (!asked) return json(response, 400, { error: { message: "not JSON", type: "mock" } });
    await options.beforeAnswer?.();
    const query = String(asked.messages?.at(-1)?.content ?? "");
    const solved = options.skill && solve(options.skill, model, query);
    const text = solved?.answer ?? `${model} at your service`;
    if (asked.stream !== true) {
      const latency = solved && { "x-mock-latency-ms": `${solved.latencyMs}` };
      return json(response, 200, chatAnswer(model, text), latency);
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for (const [at, chunk] of streamChunks(model, text).entries()) {
      if (at > 0) await options.beforeChunk?.();
      response.write(chunk);
    }
    response.end();
  }

  const server = createServer((request, response) => {
    // A client that goes away half way is the client's affair.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    model,
    port: (server.address() as AddressInfo).port,
    received: () => kept,
    forget() {
      kept = [];
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface Asked {
  readonly stream?: unknown;
  readonly messages?: readonly { readonly content?: unknown }[];
}

function parse(body: Buffer): Asked | undefined {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const plain = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

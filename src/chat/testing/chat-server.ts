import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly model: string;
  readonly content: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly path: string;
  /** Times that this model was asked this, this one included. */
  readonly attempt: number;
}

export interface ChatServer {
  readonly endpoint: string;
  readonly asked: Asked[];
  /** Most requests that were under way at once. */
  readonly peak: () => number;
  close(): Promise<void>;
}

/** An OpenAI-compatible server of which a test says what it does; by default it repeats the question. */
export async function startChatServer(
  answer: (asked: Asked, response: ServerResponse) => void | Promise<void> = (asked, response) =>
    complete(response, asked.content),
): Promise<ChatServer> {
  const asked: Asked[] = [];
  const attempts = new Map<string, number>();
  let underWay = 0;
  let peak = 0;
  const server = createServer(async (request, response) => {
    peak = Math.max(peak, ++underWay);
    response.on("close", () => underWay--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const content = body.messages[0].content;
    const key = JSON.stringify([body.model, content]);
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    const one = {
      model: body.model,
      content,
      body,
      headers: request.headers,
      path: request.url ?? "",
      attempt,
    };
    asked.push(one);
    await answer(one, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    peak: () => peak,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** A whole completion, of two tokens of prompt and three of answer. */
export function complete(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      choices: [{ message: { role: "assistant", content: text }, finish_reason: "stop" }],
      usage: { prompt_tokens: 2, completion_tokens: 3 },
    }),
  );
}

export function refuse(
  response: ServerResponse,
  status: number,
  message = "no",
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message } }));
}

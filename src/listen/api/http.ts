import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer of the HTTP API. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  /** Sent as it is, for what is not JSON of ours. */
  readonly text?: string;
  readonly type?: string;
}

export const ok = (json: unknown): Answer => ({ status: 200, json });

/** Upstream's error shape. */
export const failure = (status: number, code: string, message: string): Answer => ({
  status,
  json: { error: { code, message, timestamp: new Date().toISOString() } },
});

/** Larger bodies are no query: the API classifies text, it carries no documents. */
const maxBodyBytes = 4 * 1024 * 1024;

/** The JSON object of a request's body, or the answer that refuses it. */
export async function readJson(
  request: IncomingMessage,
): Promise<{ readonly text: string; readonly body: Record<string, unknown> } | Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read on without keeping: a client that still sends would not see the answer.
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else if (bytes > 4 * maxBodyBytes) break;
  }
  if (bytes > maxBodyBytes) {
    return failure(
      413,
      "REQUEST_BODY_TOO_LARGE",
      `the body may have ${maxBodyBytes} bytes at most`,
    );
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return { text, body: body as Record<string, unknown> };
    }
  } catch {
    // Answered below: the parser's own message would quote the body.
  }
  return failure(400, "INVALID_INPUT", "failed to parse JSON: the body must be a JSON object");
}

export function send(response: ServerResponse, { status, json, text, type }: Answer): void {
  const body = text ?? `${JSON.stringify(json)}\n`;
  response.writeHead(status, {
    "content-type": type ?? "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Sends the body in these pieces with chunked encoding instead. */
  readonly chunks?: readonly (string | Uint8Array)[];
  /** After the chunks. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** Sees every piece of the answer as it comes. */
  readonly onData?: (piece: Buffer) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly ms: number;
}

const chatPath = "/v1/chat/completions";

const limitMs = 30_000;

// A connection of its own for each request: no test inherits another's.
const agent = new Agent({ keepAlive: false });

/** One HTTP/1.1 request, sent as it is told, whatever its status. Rejects when the connection breaks. */
export function ask(url: string, sent: Ask): Promise<Answer> {
  const { body, chunks, trailers, headers = {}, path = chatPath } = sent;
  const method = sent.method ?? "POST";
  const started = performance.now();
  const options = {
    method,
    agent,
    headers: {
      ...((body !== undefined || chunks) && { "content-type": "application/json" }),
      ...(body !== undefined && { "content-length": `${Buffer.byteLength(body)}` }),
      ...(chunks && { "transfer-encoding": "chunked" }),
      ...(trailers && { trailer: Object.keys(trailers).join(", ") }),
      ...headers,
    },
    signal: AbortSignal.timeout(limitMs),
  } as RequestOptions;
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), options, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => {
        pieces.push(piece);
        sent.onData?.(piece);
      });
      incoming.on("error", reject);
      incoming.on("end", () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(pieces).toString("utf8"),
          ms: performance.now() - started,
        });
      });
    });
    outgoing.on("error", reject);
    for (const chunk of chunks ?? []) outgoing.write(chunk);
    if (trailers) outgoing.addTrailers(trailers);
    outgoing.end(body);
  });
}

/** A chat-completion body with one human turn. */
export const chatBody = (query: string, more: object = {}): string =>
  JSON.stringify({ model: "auto", messages: [{ role: "user", content: query }], ...more });

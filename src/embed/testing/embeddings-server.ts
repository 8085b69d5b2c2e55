import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface EmbeddingsRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly input: readonly string[];
    readonly encoding_format: string;
    readonly dimensions?: number;
  };
}

/** Answers instead of the server. */
export type Misbehaviour = (response: ServerResponse, request: EmbeddingsRequest) => void;

/** The numbers that the server has for a text: the same for the same text, not of unit length. */
export function rawEmbedding(text: string, width: number): number[] {
  let state = [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);
  return Array.from({ length: width }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return state / 2 ** 30;
  });
}

/** A server of OpenAI's /v1/embeddings on the loopback, which does as its test says. */
export async function embeddingsServer({ width = 1024, model = "test-embed" } = {}) {
  const requests: EmbeddingsRequest[] = [];
  const connections = new Set<unknown>();
  const answering = { width, model };
  let next: Misbehaviour[] = [];
  let always: Misbehaviour | undefined;

  const server = createServer(async (incoming, response) => {
    connections.add(incoming.socket);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const request: EmbeddingsRequest = {
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    };
    requests.push(request);
    const misbehave = next.shift() ?? always;
    if (misbehave) misbehave(response, request);
    else answer(response, embeddings(request));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  function embeddings({ body }: EmbeddingsRequest) {
    const data = body.input.map((text, index) => {
      const numbers = rawEmbedding(text, body.dimensions ?? answering.width);
      const bytes = Buffer.from(Float32Array.from(numbers).buffer);
      const embedding = body.encoding_format === "base64" ? bytes.toString("base64") : numbers;
      return { object: "embedding", index, embedding };
    });
    const tokens = body.input.reduce((sum, text) => sum + text.split(" ").length, 0);
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return { object: "list", model: answering.model, data, usage };
  }

  return {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    connections,
    /** What it says and gives from here on. */
    answering,
    embeddings,
    /** The next requests are answered by these, one each. */
    next(...misbehaviours: Misbehaviour[]) {
      next = misbehaviours;
    },
    always(misbehaviour: Misbehaviour | undefined) {
      always = misbehaviour;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
    /** Again on the same port. */
    async reopen() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
  };
}

export function answer(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

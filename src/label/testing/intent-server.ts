import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a router answers to one text; a number is a status. */
export type IntentAnswer =
  | number
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | object
  | string;

export const domains = (...names: string[]) => ({ matched_signals: { domains: names } });

/** A router's HTTP API on loopback, as far as labels need it. `answer` gets the text and how often it was asked. */
export async function intentServer(
  answer: (text: string, times: number) => IntentAnswer | Promise<IntentAnswer>,
) {
  const asked: string[] = [];
  let most = 0;
  let now = 0;
  const server = createServer(async (request, response) => {
    if (request.url === "/health") {
      response.end('{"status": "healthy"}');
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.method !== "POST" || request.url !== "/api/v1/classify/intent") {
      response.writeHead(404).end();
      return;
    }
    const { text } = JSON.parse(body);
    asked.push(text);
    most = Math.max(most, ++now);
    const said = await answer(text, asked.filter((one) => one === text).length);
    now--;
    if (typeof said === "number") response.writeHead(said).end("refused");
    else if (typeof said === "string") response.end(said);
    else if ("status" in said && "headers" in said)
      response.writeHead(Number(said.status), said.headers as Record<string, string>).end();
    else response.end(JSON.stringify(said));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mostAtOnce: () => most,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

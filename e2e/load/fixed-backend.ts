import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { chatAnswer } from "../mock-llm/chat-completion.ts";

/** A backend that costs next to nothing: it gives every request the same answer, and reads no body, however long. */
export async function startFixedBackend(): Promise<number> {
  const body = JSON.stringify(chatAnswer("any", "at your service"));
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const server = createServer({ noDelay: true }, (socket) => {
    const arrived = requestEnds();
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      for (let ends = arrived(data); ends > 0; ends--) socket.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/**
 * How many requests end in the next bytes of a connection. Of a chunked one the end is looked for at the end of the bytes:
 * Envoy sends no request before the last one is answered.
 */
function requestEnds(): (data: Buffer) => number {
  let head: Buffer = Buffer.alloc(0);
  /** Bytes of the body still to come; infinite while chunks come. */
  let left = 0;
  let tail = "";
  return (data) => {
    let ends = 0;
    let rest = data;
    while (rest.length > 0) {
      if (left === Number.POSITIVE_INFINITY) {
        tail = (tail + rest.subarray(-lastChunk.length).toString("latin1")).slice(
          -lastChunk.length,
        );
        if (tail !== lastChunk) return ends;
        left = 0;
        return ends + 1;
      }
      if (left > 0) {
        const taken = Math.min(left, rest.length);
        left -= taken;
        rest = rest.subarray(taken);
        if (left === 0) ends++;
        continue;
      }
      head = head.length === 0 ? rest : Buffer.concat([head, rest]);
      const headEnd = head.indexOf("\r\n\r\n");
      if (headEnd < 0) return ends;
      const text = head.toString("latin1", 0, headEnd);
      rest = head.subarray(headEnd + 4);
      head = Buffer.alloc(0);
      tail = "";
      if (/\r\ntransfer-encoding: ?chunked/i.test(text)) left = Number.POSITIVE_INFINITY;
      else left = Number(/\r\ncontent-length: ?(\d+)/i.exec(text)?.[1] ?? 0);
      if (left === 0) ends++;
    }
    return ends;
  };
}

const lastChunk = "\r\n0\r\n\r\n";

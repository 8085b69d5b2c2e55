import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { chatAnswer } from "../mock-llm/chat-completion.ts";
import { readMessage } from "./message.ts";

/** A backend that costs next to nothing: it gives every request the same answer. */
export async function startFixedBackend(): Promise<number> {
  const body = JSON.stringify(chatAnswer("any", "at your service"));
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const server = createServer({ noDelay: true }, (socket) => {
    let pending: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      for (let message = readMessage(pending); message; message = readMessage(pending)) {
        pending = pending.subarray(message.length);
        socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

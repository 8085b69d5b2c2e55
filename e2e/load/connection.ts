import { once } from "node:events";
import { connect } from "node:net";
import { readMessage } from "./message.ts";

/**
 * One kept-alive HTTP/1.1 connection. node:http's client costs several times what Envoy spends on a request, and on two
 * cores that would be measured instead of what is asked for.
 */
export interface Connection {
  /** Sends one request; gives the answer's status line and headers. Rejects when the connection breaks. */
  ask(request: Buffer): Promise<string>;
  close(): void;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let pending: Buffer = Buffer.alloc(0);
  let waiting: PromiseWithResolvers<string> | undefined;
  socket.on("data", (data: Buffer) => {
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    const message = readMessage(pending);
    if (!message) return;
    pending = pending.subarray(message.length);
    waiting?.resolve(message.head);
  });
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.on("close", () => waiting?.reject(new Error("connection broken")));
  return {
    ask(request) {
      waiting = Promise.withResolvers();
      if (socket.destroyed) waiting.reject(new Error("connection broken"));
      else socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

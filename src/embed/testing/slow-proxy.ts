import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Passes bytes on to a port of the loopback, the answers as late as it is told. */
export async function slowProxy(targetPort: number) {
  let delayMs = 0;
  const sent: Buffer[] = [];
  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    client.on("data", (bytes) => {
      sent.push(bytes);
      target.write(bytes);
    });
    target.on("data", (bytes) => {
      setTimeout(() => client.writable && client.write(bytes), delayMs).unref();
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    /** What clients sent so far. */
    sent: () => Buffer.concat(sent),
    delay(ms: number) {
      delayMs = ms;
    },
    close: () => server.close(),
  };
}

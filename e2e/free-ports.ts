import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Ports of the loopback that nobody listens on. All are held until all are found, so none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(holders.map((holder) => once(holder, "listening")));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => new Promise((done) => holder.close(done))));
  return ports;
}

/** Whether nobody listens on this port of the loopback. */
export async function isPortFree(port: number): Promise<boolean> {
  const holder = createServer().listen(port, "127.0.0.1");
  try {
    await once(holder, "listening");
  } catch {
    return false;
  }
  await new Promise((done) => holder.close(done));
  return true;
}

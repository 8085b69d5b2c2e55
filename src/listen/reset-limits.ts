import http2, { type ServerOptions } from "node:http2";

/**
 * Envoy ends every ext_proc stream with RST_STREAM. Node's defence against rapid resets allows 1,000 and then 33 a
 * second, after which it closes the whole connection and every request on it fails. These limits are above what one
 * connection can carry; the peer is our own Envoy, not the internet. Both must be set, and only Node 24 heeds them for
 * good.
 */
const resetLimits = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000 };

/** Bodies arrive in messages of up to 16 MiB: HTTP/2's default window of 64 KiB would cost a round trip for each. */
const settings = { initialWindowSize: 4 * 1024 * 1024 };

const plain = http2.createServer.bind(http2);

/** @grpc/grpc-js has no option for either, so what it calls is wrapped before it binds. */
export function raiseResetLimits(): void {
  const raised = (options: ServerOptions, ...rest: []) =>
    plain({ ...options, ...resetLimits, settings: { ...options.settings, ...settings } }, ...rest);
  http2.createServer = raised as typeof http2.createServer;
}

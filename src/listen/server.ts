import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { grpcStreams } from "../grpc/serve-call.ts";
import { type Http2Connection, serveConnection } from "../http2/connection.ts";
import { processMethod, processPath } from "./ext-proc.ts";
import type { Health } from "./health.ts";
import type { Acquire } from "./lease.ts";
import type { TlsPair } from "./tls/read-pair.ts";
import { bindSocket, socketPath } from "./unix-socket.ts";

export interface GrpcServer {
  /** 0 of a Unix socket. */
  readonly port: number;
  /** For connections from now on; those that are open go on. Only of a server that was given a pair. */
  replacePair(pair: TlsPair): void;
  /** Takes no new streams; resolves when those in flight have ended. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  stop(): void;
}

export interface GrpcOptions {
  /** `0.0.0.0:50051`, where port 0 lets the system choose, or `unix:/run/signalbox.sock`. */
  readonly address: string;
  readonly maxBodyBytes: number;
  /** Of one connection. */
  readonly maxConcurrentStreams: number;
  /** Certificate and key; without it the server speaks plainly. */
  readonly pair?: TlsPair | undefined;
  /** Access rights of a Unix socket, such as 0o660. */
  readonly socketMode?: number | undefined;
}

/** Room for headers and framing beside the largest body. */
const messageOverheadBytes = 1024 * 1024;

/**
 * Listens for Envoy. A stream keeps the router that `acquire` gave it when it began. Rejects with the system's error when
 * the address cannot be bound, or with RouterError `config_invalid` when a socket's path is taken.
 */
export async function listenGrpc(
  options: GrpcOptions,
  acquire: Acquire,
  health: Health,
): Promise<GrpcServer> {
  const { address, pair, maxConcurrentStreams, maxBodyBytes, socketMode } = options;
  const open = grpcStreams({
    methods: new Map([[processPath, processMethod(acquire)], ...health.methods]),
    maxMessageBytes: maxBodyBytes + messageOverheadBytes,
  });
  const connections = new Set<Http2Connection>();
  let draining = false;
  function serve(socket: Socket): void {
    const connection = serveConnection(socket, open, { maxConcurrentStreams });
    connections.add(connection);
    // Its handshake began before.
    if (draining) connection.drain();
    socket.once("close", () => connections.delete(connection));
  }
  const secure = pair && secureServer(pair, serve);
  const server: Server = secure ?? createServer(serve);
  const path = socketPath(address);
  if (path === undefined) {
    server.listen(hostAndPort(address));
    await once(server, "listening");
  } else await bindSocket(server, path, socketMode);
  const bound = server.address() as AddressInfo | string;
  return {
    port: typeof bound === "string" ? 0 : bound.port,
    replacePair: (now) => secure?.setSecureContext(contextOf(now)),
    drain() {
      draining = true;
      for (const connection of connections) connection.drain();
      return new Promise((resolve) => server.close(() => resolve()));
    },
    stop() {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

/** TLS 1.2 at least, and HTTP/2 by ALPN only, as gRPC wants it. */
function secureServer(pair: TlsPair, serve: (socket: Socket) => void): TlsServer {
  const asks = pair.clientCa !== undefined;
  const options = {
    ...contextOf(pair),
    ALPNProtocols: ["h2"],
    requestCert: asks,
    rejectUnauthorized: asks,
    handshakeTimeout: 10_000,
  };
  return createTlsServer(options, (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") serve(socket);
    else socket.destroy();
  });
}

const contextOf = ({ key, cert, clientCa }: TlsPair) => ({
  key,
  cert,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: "TLSv1.2" as const,
});

/** `[::1]:50051` and `127.0.0.1:50051`. */
function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(address.slice(colon + 1)) };
}

import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket } from "node:net";

export interface HealthQuestion {
  /** `host:port`, or `unix:/path/of/a/socket`. */
  readonly address: string;
  /** As in src/listen/health.ts; "" is the server as a whole. */
  readonly service: string;
  readonly timeoutMs: number;
  /** With it the server is spoken to over TLS. All are PEM. */
  readonly tls?: {
    readonly ca?: Buffer | undefined;
    readonly cert?: Buffer | undefined;
    readonly key?: Buffer | undefined;
    /** The name that the server's certificate must bear, when it is not the address. */
    readonly serverName?: string | undefined;
  };
}

/** `reason` says why it is not well, for people. */
export type HealthAnswer =
  | { readonly well: true }
  | { readonly well: false; readonly reason: string };

/** As the protocol numbers them. */
const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const serving = 1;
const framePrefixBytes = 5;
const maxAnswerBytes = 1024;

/**
 * Asks grpc.health.v1.Health, over HTTP/2 as it stands: a probe that comes every few seconds must not load a gRPC
 * library to send seven bytes. Rejects only for an address that is none.
 */
export function askHealth(question: HealthQuestion): Promise<HealthAnswer> {
  const { address, service, timeoutMs } = question;
  return new Promise((resolve) => {
    const end = (answer: HealthAnswer): void => {
      clearTimeout(late);
      session.destroy();
      resolve(answer);
    };
    const unwell = (reason: string): void => end({ well: false, reason });
    const late = setTimeout(() => unwell(`no answer in ${timeoutMs} ms`), timeoutMs);
    const session = connect(question);
    session.on("error", (error) => unwell(reasonOf(error)));
    const call = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    let grpcStatus: string | undefined;
    const readStatus = (headers: IncomingHttpHeaders): void => {
      grpcStatus = headers["grpc-status"]?.toString() ?? grpcStatus;
    };
    call.on("response", readStatus);
    call.on("trailers", readStatus);
    call.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= maxAnswerBytes) pieces.push(piece);
    });
    call.on("error", (error) => unwell(reasonOf(error)));
    call.on("close", () => {
      if (grpcStatus === undefined) return unwell(`${address} does not speak gRPC`);
      if (grpcStatus !== "0") return unwell(`gRPC status ${grpcStatus} for service "${service}"`);
      const status = statusIn(Buffer.concat(pieces));
      if (status === serving) return end({ well: true });
      unwell(statuses[status] ?? `status ${status}`);
    });
    call.end(frame(service));
  });
}

function connect({ address, tls }: HealthQuestion) {
  const path = /^unix:(.*)/.exec(address)?.[1];
  const authority = `${tls ? "https" : "http"}://${path === undefined ? address : "localhost"}`;
  return connectHttp2(authority, {
    settings: { enablePush: false },
    ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key }),
    ...(tls?.serverName !== undefined && { servername: tls.serverName }),
    ...(path !== undefined && { createConnection: () => connectSocket(path) }),
  } as Parameters<typeof connectHttp2>[1]);
}

/** HealthCheckRequest has one field, the service's name, as field 1 of type 2 (bytes with a length). */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length > 127) throw new Error("unreachable: the command takes no longer service name");
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const prefix = Buffer.alloc(framePrefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** HealthCheckResponse has one field, an enum as field 1 of type 0 (varint); left out it is 0. */
function statusIn(answer: Buffer): number {
  const [tag, status] = answer.subarray(framePrefixBytes);
  return tag === 0x08 ? (status ?? 0) : 0;
}

/** A call that its connection took along tells why only in its cause. */
function reasonOf({ cause, message, code }: NodeJS.ErrnoException): string {
  const reason = (cause instanceof Error && cause.message) || message || (code ?? "unknown error");
  // OpenSSL's ends with a line break.
  return reason.trim();
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: string;
  /** Hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a span without a parent. */
  readonly parentSpanId: string;
  readonly traceState: string;
  /** Nanoseconds since 1970. */
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: string; readonly message: string } | undefined;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A real OTLP receiver: over HTTP with protobuf, or gRPC. */
export interface OtlpReceiver {
  /** `http://127.0.0.1:port`, or `127.0.0.1:port` for gRPC. */
  readonly endpoint: string;
  spans(): readonly ReceivedSpan[];
  /** Resolves when at least `count` spans are here; rejects after some seconds. */
  received(count: number): Promise<readonly ReceivedSpan[]>;
  /** Of each request over HTTP: its path and headers. */
  readonly requests: {
    readonly path: string;
    readonly headers: Readonly<Record<string, unknown>>;
  }[];
  close(): Promise<void>;
}

interface Value {
  readonly value?: string;
  readonly string_value?: string;
  readonly bool_value?: boolean;
  readonly int_value?: string;
  readonly double_value?: number;
  readonly array_value?: { readonly values: readonly Value[] };
}
interface KeyValue {
  readonly key: string;
  readonly value: Value;
}
interface WireSpan {
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
  readonly parent_span_id: Buffer;
  readonly trace_state: string;
  readonly name: string;
  readonly kind: string;
  readonly start_time_unix_nano: string;
  readonly end_time_unix_nano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: string; readonly message: string } | null;
}
interface ExportRequest {
  readonly resource_spans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] } | null;
    readonly scope_spans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const definition = loadSync("trace_service.proto", {
  includeDirs: [import.meta.dirname],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
const service = definition[
  "opentelemetry.proto.collector.trace.v1.TraceService"
] as unknown as ServiceDefinition;
const exportMethod = service["Export"] as MethodDefinition<ExportRequest, object>;

const patienceMs = 10_000;

interface ReceiverOptions {
  /** What HTTP requests are answered with: 200 unless told otherwise. Never answered at all with 0. */
  readonly status?: () => number;
}

export async function startOtlpHttp(options: ReceiverOptions = {}): Promise<OtlpReceiver> {
  const store = spanStore();
  const requests: OtlpReceiver["requests"] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    requests.push({ path: request.url ?? "", headers: request.headers });
    const status = options.status?.() ?? 200;
    if (status === 0) return;
    if (status === 200) {
      const body = Buffer.concat(pieces);
      const zipped = request.headers["content-encoding"] === "gzip";
      store.add(exportMethod.requestDeserialize(zipped ? gunzipSync(body) : body));
    }
    response.writeHead(status, { "content-type": "application/x-protobuf" });
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: store.all,
    received: store.received,
    requests,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export async function startOtlpGrpc(): Promise<OtlpReceiver> {
  const store = spanStore();
  const server = new Server();
  server.addService(service, {
    Export(call: { request: ExportRequest }, answer: (error: null, reply: object) => void) {
      store.add(call.request);
      answer(null, {});
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    endpoint: `127.0.0.1:${port}`,
    spans: store.all,
    received: store.received,
    requests: [],
    close: async () => server.forceShutdown(),
  };
}

function spanStore() {
  const spans: ReceivedSpan[] = [];
  let wake = Promise.withResolvers<void>();
  return {
    all: () => spans,
    add(request: ExportRequest): void {
      spans.push(...spansOf(request));
      wake.resolve();
      wake = Promise.withResolvers();
    },
    async received(count: number): Promise<readonly ReceivedSpan[]> {
      const patience = AbortSignal.timeout(patienceMs);
      const late = new Promise<never>((_, reject) => {
        patience.addEventListener("abort", () =>
          reject(new Error(`${spans.length} of ${count} spans came`)),
        );
      });
      while (spans.length < count) await Promise.race([wake.promise, late]);
      return spans;
    },
  };
}

const spansOf = ({ resource_spans }: ExportRequest): ReceivedSpan[] =>
  resource_spans.flatMap(({ resource, scope_spans }) =>
    scope_spans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: span.trace_id.toString("hex"),
        spanId: span.span_id.toString("hex"),
        parentSpanId: span.parent_span_id.toString("hex"),
        traceState: span.trace_state,
        startNano: BigInt(span.start_time_unix_nano),
        endNano: BigInt(span.end_time_unix_nano),
        attributes: plain(span.attributes),
        status: span.status ?? undefined,
        resource: plain(resource?.attributes ?? []),
      })),
    ),
  );

const plain = (attributes: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));

function plainValue(value: Value): unknown {
  if (value.array_value) return value.array_value.values.map(plainValue);
  if (value.value === "int_value") return Number(value.int_value);
  return value[value.value as "string_value"];
}

import { once } from "node:events";
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceClientConstructor,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { RouterError } from "../errors.ts";
import type { ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Health } from "./health.ts";
import type { Acquire, Lease } from "./lease.ts";
import { raiseResetLimits } from "./reset-limits.ts";
import { processStream } from "./stream.ts";

type Call = ServerDuplexStream<ProcessingRequest, ProcessingResponse>;

export interface GrpcServer {
  readonly port: number;
  /** Takes no new streams; resolves when those in flight have ended. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  stop(): void;
}

export interface GrpcOptions {
  /** `0.0.0.0:50051`; port 0 lets the system choose. */
  readonly address: string;
  readonly maxBodyBytes: number;
  readonly maxConcurrentStreams: number;
  /** Folder of the .proto files. */
  readonly protoFolder: string;
}

/** Room for headers and framing beside the largest body. */
const messageOverheadBytes = 1024 * 1024;

/**
 * Listens for Envoy. A stream keeps the router that `acquire` gave it when it began. Rejects with the system's error when
 * the address cannot be bound.
 */
export async function listenGrpc(
  options: GrpcOptions,
  acquire: Acquire,
  health: Health,
): Promise<GrpcServer> {
  raiseResetLimits();
  const server = new Server({
    "grpc.max_receive_message_length": options.maxBodyBytes + messageOverheadBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": options.maxConcurrentStreams,
  });
  const services = loadServices(options.protoFolder);
  server.addService(services.externalProcessor.service, {
    Process: (call: Call) => void serveStream(call, acquire()),
  });
  server.addService(services.health.service, { ...health.handlers });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    drain: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
    stop: () => server.forceShutdown(),
  };
}

async function serveStream(call: Call, lease: Lease | undefined): Promise<void> {
  if (!lease) {
    // Not ready yet: Envoy's failure_mode_allow decides.
    call.emit("error", { code: status.UNAVAILABLE, details: "models are still loading" });
    return;
  }
  const { router, events, release } = lease;
  const gone = new AbortController();
  call.on("cancelled", () => gone.abort(clientGone));
  try {
    // destroyOnReturn would cancel the call before its trailers are sent.
    const messages = call.iterator({ destroyOnReturn: false });
    for await (const answer of processStream(messages, router, events, gone.signal)) {
      if (call.cancelled) return;
      if (!call.write(answer)) await once(call, "drain");
      if (answer.immediate_response) break;
    }
    call.end();
  } catch (thrown) {
    if (call.cancelled) return;
    events.failed({ requestId: "", error: RouterError.from(thrown) });
    // Not destroy: that would end the stream without its status.
    call.emit("error", { code: status.INTERNAL, details: "internal" });
  } finally {
    release();
  }
}

/** Made once: Envoy resets every stream when it has the last answer, and an error costs its stack. */
const clientGone = new RouterError(
  "client_gone",
  "Envoy let the stream go before it was answered",
  "Nothing is to be done",
);

function loadServices(folder: string) {
  const files = [
    "envoy/service/ext_proc/v3/external_processor.proto",
    "grpc/health/v1/health.proto",
  ];
  const definition = loadSync(files, {
    includeDirs: [folder],
    keepCase: true,
    enums: String,
    longs: Number,
    oneofs: true,
  });
  const packages = loadPackageDefinition(definition);
  const service = (path: string): ServiceClientConstructor =>
    path.split(".").reduce((at: GrpcObject, name) => at[name] as GrpcObject, packages) as never;
  return {
    externalProcessor: service("envoy.service.ext_proc.v3.ExternalProcessor"),
    health: service("grpc.health.v1.Health"),
  };
}

import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";

/** The names that the endpoint-picker protocol asks for, and what each depends on; "" is the server as a whole. */
const services: Readonly<Record<string, "live" | "ready">> = {
  "": "ready",
  liveness: "live",
  readiness: "ready",
  "envoy.service.ext_proc.v3.ExternalProcessor": "ready",
};

interface HealthRequest {
  /** Proto3 does not send an empty string, so a probe of the server as a whole leaves it out. */
  readonly service?: string;
}
interface HealthResponse {
  readonly status: "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
}

export interface Health {
  /** gRPC handlers of grpc.health.v1.Health. */
  readonly handlers: {
    Check(
      call: ServerUnaryCall<HealthRequest, HealthResponse>,
      answer: sendUnaryData<HealthResponse>,
    ): void;
    Watch(call: ServerWritableStream<HealthRequest, HealthResponse>): void;
  };
  /** Tells every watcher. */
  setReady(ready: boolean): void;
  readonly isReady: () => boolean;
}

export function health(): Health {
  let ready = false;
  const watchers = new Set<ServerWritableStream<HealthRequest, HealthResponse>>();

  function statusOf(service = ""): HealthResponse["status"] {
    const dependsOn = Object.hasOwn(services, service) ? services[service] : undefined;
    if (dependsOn === undefined) return "SERVICE_UNKNOWN";
    return dependsOn === "live" || ready ? "SERVING" : "NOT_SERVING";
  }

  return {
    handlers: {
      Check(call, answer) {
        const found = statusOf(call.request.service);
        if (found !== "SERVICE_UNKNOWN") return answer(null, { status: found });
        answer({ code: status.NOT_FOUND, details: "no such service" });
      },
      Watch(call) {
        watchers.add(call);
        call.on("cancelled", () => watchers.delete(call));
        call.write({ status: statusOf(call.request.service) });
      },
    },
    setReady(now) {
      if (now === ready) return;
      ready = now;
      for (const call of watchers) call.write({ status: statusOf(call.request.service) });
    },
    isReady: () => ready,
  };
}

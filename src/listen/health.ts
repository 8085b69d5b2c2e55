import { type Call, headroomBytes, type Method } from "../grpc/serve-call.ts";
import { status } from "../grpc/status.ts";
import {
  decodeHealthRequest,
  encodeHealthResponse,
  type ServingStatus,
} from "../protocol/health.ts";

/** The names that the endpoint-picker protocol asks for, and what each depends on; "" is the server as a whole. */
const services: Readonly<Record<string, "live" | "ready">> = {
  "": "ready",
  liveness: "live",
  readiness: "ready",
  "envoy.service.ext_proc.v3.ExternalProcessor": "ready",
};

export interface Health {
  /** The methods of grpc.health.v1.Health, by path. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Tells every watcher. */
  setReady(ready: boolean): void;
  /** Not ready, for good: watchers are told and their calls ended, which would go on for ever. */
  stop(): void;
  readonly isReady: () => boolean;
}

export function health(): Health {
  let ready = false;
  const watchers = new Map<Call, string>();

  function statusOf(service: string): ServingStatus {
    const dependsOn = Object.hasOwn(services, service) ? services[service] : undefined;
    if (dependsOn === undefined) return "SERVICE_UNKNOWN";
    return dependsOn === "live" || ready ? "SERVING" : "NOT_SERVING";
  }

  const tell = (call: Call, service: string): void =>
    call.send(encodeHealthResponse(statusOf(service), headroomBytes));

  /** One request; `answer` is given its service. */
  const method =
    (answer: (call: Call, service: string) => void, gone: (call: Call) => void): Method =>
    (call) => ({
      message(bytes) {
        try {
          answer(call, decodeHealthRequest(bytes));
        } catch {
          call.end(status.internal, "the request is malformed");
          gone(call);
        }
        return undefined;
      },
      end: () => undefined,
      gone: () => gone(call),
    });

  const check = method(
    (call, service) => {
      if (statusOf(service) === "SERVICE_UNKNOWN")
        return call.end(status.notFound, "no such service");
      tell(call, service);
      call.end(status.ok);
    },
    () => undefined,
  );

  const watch = method(
    (call, service) => {
      watchers.set(call, service);
      tell(call, service);
    },
    (call) => watchers.delete(call),
  );

  return {
    methods: new Map([
      ["/grpc.health.v1.Health/Check", check],
      ["/grpc.health.v1.Health/Watch", watch],
    ]),
    setReady(now) {
      if (now === ready) return;
      ready = now;
      for (const [call, service] of watchers) tell(call, service);
    },
    stop() {
      ready = false;
      for (const [call, service] of watchers) {
        tell(call, service);
        call.end(status.unavailable, "the server is going away");
      }
      watchers.clear();
    },
    isReady: () => ready,
  };
}

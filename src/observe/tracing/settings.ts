import type { RouterConfig } from "../../config/schema.ts";

type TracingConfig = RouterConfig["observability"]["tracing"];
type Environment = Readonly<Record<string, string | undefined>>;

export type SamplerName = "always_on" | "always_off" | "traceidratio";

/** What tracing does: the configuration, and OpenTelemetry's environment variables for what it leaves open. */
export interface TracingSettings {
  readonly protocol: "grpc" | "http/protobuf";
  /** Undefined: the exporter reads it from the environment. */
  readonly url: string | undefined;
  readonly sampler: {
    readonly name: SamplerName;
    readonly ratio: number;
    readonly parentBased: boolean;
  };
  readonly serviceName: string;
  readonly serviceVersion: string | undefined;
  readonly environment: string | undefined;
  readonly queue: {
    readonly maxWaiting: number;
    readonly maxBatch: number;
    readonly delayMs: number;
    readonly timeoutMs: number;
  };
}

/**
 * Undefined when tracing is off. A key of the configuration goes before the variable; a variable that cannot be used is
 * a warning, as OpenTelemetry wants it, and counts as not set.
 */
export function tracingSettings(
  config: TracingConfig,
  env: Environment,
): { readonly settings: TracingSettings | undefined; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const isOn =
    (config.enabled ?? read("OTEL_TRACES_EXPORTER") === "otlp") &&
    read("OTEL_SDK_DISABLED")?.toLowerCase() !== "true";
  if (!isOn) return { settings: undefined, warnings };

  function whole(name: string, without: number, least: number): number {
    const text = read(name);
    if (text === undefined) return without;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= maxNumber) return value;
    warnings.push(`${name} is no whole number from ${least} to ${maxNumber}; ${without} is used`);
    return without;
  }

  const maxWaiting = whole("OTEL_BSP_MAX_QUEUE_SIZE", 2048, 1);
  const { endpoint } = config.exporter;
  const hostAndPort = endpoint !== undefined && !endpoint.includes("://");
  const protocol =
    config.exporter.protocol ?? (hostAndPort ? "grpc" : protocolFrom(read, endpoint, warnings));
  return {
    warnings,
    settings: {
      protocol,
      url:
        endpoint === undefined
          ? undefined
          : addressOf(endpoint, protocol, config.exporter.insecure),
      sampler: samplerOf(config, read, warnings),
      serviceName: config.resource.service_name ?? read("OTEL_SERVICE_NAME") ?? "signalbox",
      serviceVersion: config.resource.service_version,
      environment: config.resource.deployment_environment,
      queue: {
        maxWaiting,
        maxBatch: Math.min(whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 1), maxWaiting),
        delayMs: whole("OTEL_BSP_SCHEDULE_DELAY", 5000, 1),
        timeoutMs: whole("OTEL_BSP_EXPORT_TIMEOUT", 30_000, 1),
      },
    },
  };
}

/** Beyond it a queue is no bound and a timer no timer. */
const maxNumber = 1_000_000;

type Read = (name: string) => string | undefined;

function protocolFrom(
  read: Read,
  endpoint: string | undefined,
  warnings: string[],
): TracingSettings["protocol"] {
  // An address that stands in the file is of OTLP/HTTP, whatever the environment says of others.
  if (endpoint !== undefined) return "http/protobuf";
  const name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
  const asked = read(name) ?? read("OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/protobuf";
  if (asked === "grpc" || asked === "http/protobuf") return asked;
  warnings.push(
    "OTEL_EXPORTER_OTLP_PROTOCOL is neither grpc nor http/protobuf; http/protobuf is used",
  );
  return "http/protobuf";
}

/** As the exporters want it: gRPC with a scheme, which says whether it is TLS; HTTP with the path of the traces. */
function addressOf(
  endpoint: string,
  protocol: TracingSettings["protocol"],
  insecure: boolean,
): string {
  if (!endpoint.includes("://")) {
    return protocol === "grpc"
      ? `${insecure ? "http" : "https"}://${endpoint}`
      : `${insecure ? "http" : "https"}://${endpoint}/v1/traces`;
  }
  if (protocol === "grpc") return endpoint;
  const url = new URL(endpoint);
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return url.toString();
}

const samplers: Readonly<
  Record<string, { readonly name: SamplerName; readonly parentBased: boolean }>
> = {
  always_on: { name: "always_on", parentBased: false },
  always_off: { name: "always_off", parentBased: false },
  traceidratio: { name: "traceidratio", parentBased: false },
  parentbased_always_on: { name: "always_on", parentBased: true },
  parentbased_always_off: { name: "always_off", parentBased: true },
  parentbased_traceidratio: { name: "traceidratio", parentBased: true },
};

function samplerOf(
  { sampling }: TracingConfig,
  read: Read,
  warnings: string[],
): TracingSettings["sampler"] {
  if (sampling.type !== undefined) {
    const name = sampling.type === "probabilistic" ? "traceidratio" : sampling.type;
    return { name, ratio: sampling.rate, parentBased: true };
  }
  const asked = read("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const found = samplers[asked];
  if (!found) {
    warnings.push("OTEL_TRACES_SAMPLER names no sampler known here; parentbased_always_on is used");
    return { name: "always_on", ratio: 1, parentBased: true };
  }
  return { ...found, ratio: found.name === "traceidratio" ? ratioOf(read, warnings) : 1 };
}

function ratioOf(read: Read, warnings: string[]): number {
  const text = read("OTEL_TRACES_SAMPLER_ARG");
  const ratio = text === undefined ? 1 : Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  warnings.push("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1; 1 is used");
  return 1;
}

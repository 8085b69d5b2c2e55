import type { RouterConfig } from "../../config/schema.ts";
import type { Log } from "../log.ts";
import type { Tracing } from "../request-trace.ts";
import { type TracingSettings, tracingSettings } from "./settings.ts";

/**
 * Undefined when tracing is off; then nothing of OpenTelemetry is loaded. `env`: the process's, of which the exporters
 * read OTEL_EXPORTER_OTLP_* themselves.
 */
export async function openTracing(
  config: RouterConfig["observability"]["tracing"],
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Tracing | undefined> {
  const { settings, warnings } = tracingSettings(config, env);
  for (const warning of warnings) log.warn({ event: "config_warning" }, warning);
  if (!settings) return undefined;
  const { createTracing } = await import("./tracing.ts");
  const tracing = createTracing(settings, await openExporter(settings), failureLog(log));
  const { protocol, sampler, serviceName } = settings;
  const fields = { event: "tracing_on", protocol, sampler: sampler.name, ratio: sampler.ratio };
  log.info({ ...fields, service: serviceName }, "tracing_on");
  return tracing;
}

async function openExporter({ protocol, url }: TracingSettings) {
  if (protocol === "grpc") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
    return new OTLPTraceExporter(url === undefined ? {} : { url });
  }
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(url === undefined ? {} : { url });
}

/** A collector that is away must not fill the log. */
const failureLogMs = 60_000;

/** The error's name and code only: its message may hold the address with its secrets, or what the collector answered. */
function failureLog(log: Log): (error: Error | undefined) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now - saidAt < failureLogMs) return;
    saidAt = now;
    const code = (error as { code?: unknown } | undefined)?.code;
    log.warn(
      { event: "tracing_export_failed", ...(code !== undefined && { code: String(code) }) },
      "spans could not be sent; the next such line comes in a minute at the earliest",
    );
  };
}

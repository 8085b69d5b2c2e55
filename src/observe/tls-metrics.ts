import { Counter, Gauge, type Registry } from "prom-client";

export interface TlsMetrics {
  /** The certificate that new connections get ends at `validTo`. */
  serving(validTo: Date): void;
  /** After an attempt to replace it. */
  replaced(result: "loaded" | "failed"): void;
}

/** What Prometheus reads of the gRPC listener's certificate; registered where there is one. */
export function tlsMetrics(registry: Registry): TlsMetrics {
  const registers = [registry];
  const ends = new Gauge({
    name: "signalbox_tls_certificate_not_after_timestamp_seconds",
    help: "When the certificate of the gRPC listener ends",
    registers,
  });
  const reloads = new Counter({
    name: "signalbox_tls_reloads_total",
    help: "Attempts to serve a changed certificate, by how they ended",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["loaded", "failed"]) reloads.inc({ result }, 0);
  return {
    serving: (validTo) => ends.set(validTo.getTime() / 1000),
    replaced: (result) => reloads.inc({ result }),
  };
}

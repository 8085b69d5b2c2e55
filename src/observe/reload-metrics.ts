import { Counter, Gauge, type Registry } from "prom-client";

const results = ["loaded", "unchanged", "failed"] as const;

export interface ReloadMetrics {
  /** After an attempt; `serves` describes the router that serves now. */
  attempted(
    result: (typeof results)[number],
    serves: { readonly generation: number; readonly config_hash: string },
  ): void;
}

/** What Prometheus reads of the configuration that serves. `routersOpen` is asked at each scrape. */
export function reloadMetrics(registry: Registry, routersOpen: () => number): ReloadMetrics {
  const registers = [registry];
  const reloads = new Counter({
    name: "signalbox_config_reloads_total",
    help: "Attempts to serve a changed configuration, the start not counted, by how they ended",
    labelNames: ["result"],
    registers,
  });
  for (const result of results) reloads.inc({ result }, 0);
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `signalbox_config_${name}`, help, labelNames, registers });
  const successful = gauge(
    "last_reload_successful",
    "1 when what the configuration's files say serves, 0 when an earlier state of them does",
  );
  const at = gauge(
    "last_reload_success_timestamp_seconds",
    "When the configuration that serves was loaded, or was last found unchanged",
  );
  const generation = gauge("generation", "Configurations that this process has served");
  const info = gauge("info", "1; hash is the sha-256 of the configuration file that serves", [
    "hash",
  ]);
  new Gauge({
    name: "signalbox_routers_open",
    help: "Routers in memory: more than one while streams of an earlier one have not ended",
    registers,
    collect() {
      this.set(routersOpen());
    },
  });
  return {
    attempted(result, serves) {
      if (result !== "loaded" || serves.generation > 1) reloads.inc({ result });
      successful.set(Number(result !== "failed"));
      if (result !== "failed") at.setToCurrentTime();
      generation.set(serves.generation);
      info.reset();
      info.set({ hash: serves.config_hash }, 1);
    },
  };
}

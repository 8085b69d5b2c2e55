import { Counter, Gauge, type Registry } from "prom-client";
import type { Tracing } from "./request-trace.ts";

/** What became of the spans; only with tracing are there such series. */
export function registerTraceMetrics(registry: Registry, tracing: Tracing): void {
  const registers = [registry];
  const spans = new Counter({
    name: "signalbox_trace_spans_total",
    help: "Spans by what became of them: sent, not taken by the collector, or dropped because too many waited",
    labelNames: ["outcome"],
    registers,
    collect() {
      const { exported, failed, dropped } = tracing.stats();
      spans.reset();
      spans.inc({ outcome: "exported" }, exported);
      spans.inc({ outcome: "failed" }, failed);
      spans.inc({ outcome: "dropped" }, dropped);
    },
  });
  new Gauge({
    name: "signalbox_trace_spans_waiting",
    help: "Spans that wait to be sent",
    registers,
    collect() {
      this.set(tracing.stats().waiting);
    },
  });
}

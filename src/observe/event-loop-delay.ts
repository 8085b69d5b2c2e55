import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** Between samples; a hundred a second cost nothing that can be measured. */
const resolutionMs = 10;

/**
 * How late the event loop was, 99 times of 100, since the last scrape. Node's histogram holds the time from one sample to
 * the next, so that its p99 is never below `resolutionMs`, which is taken off here.
 */
export function registerEventLoopDelay(registry: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  new Gauge({
    name: "signalbox_event_loop_delay_p99_seconds",
    help: "How late the event loop was, 99 times of 100, since the last scrape",
    registers: [registry],
    collect() {
      const { count } = histogram;
      const late = histogram.percentile(99) / 1e6 - resolutionMs;
      this.set(count > 0 ? Math.max(0, late) / 1e3 : 0);
      histogram.reset();
    },
  });
}

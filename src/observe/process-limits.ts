import { getHeapStatistics } from "node:v8";
import { Gauge, type Registry } from "prom-client";

/** Without a limit the system says so with a number beyond every machine's memory. */
const unlimited = 2 ** 60;

/** What the process may grow to; what it has grown to is among the default metrics. */
export function registerProcessLimits(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "signalbox_heap_limit_bytes",
    help: "The size at which V8 gives up; nodejs_heap_size_used_bytes grows towards it",
    registers,
  }).set(getHeapStatistics().heap_size_limit);
  const limit = process.constrainedMemory();
  const memory = new Gauge({
    name: "signalbox_memory_limit_bytes",
    help: "The container's memory limit, where it has one",
    registers,
  });
  if (limit > 0 && limit < unlimited) memory.set(limit);
  else memory.remove();
}

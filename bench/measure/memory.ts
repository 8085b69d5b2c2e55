import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** Of this process, in bytes: resident now, and the most that ever was. */
export function memory(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
}

/** Resident once garbage is collected; wants --expose-gc. */
export async function settledMemory(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await setTimeout(20);
  }
  return memory("VmRSS");
}

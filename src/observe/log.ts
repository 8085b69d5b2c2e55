import { createHash } from "node:crypto";
import { destination, type Logger, pino } from "pino";

export type Log = Logger;

/** JSON lines on stderr, with the keys of vllm-project/semantic-router's log: level, ts, msg, event. */
export function createLog(level: string, fd: number = 2): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
    },
    // Buffered for at most a second: a write for each request would cost more than routing it.
    destination({ fd, sync: false, minLength: 4096, periodicFlush: 1000 }),
  );
}

/** Request ids come from the client: what does not look like one is hashed, so that nothing of a request is logged. */
export function safeRequestId(id: string): string {
  if (/^[\w.:-]{0,64}$/.test(id)) return id;
  return `sha256:${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}

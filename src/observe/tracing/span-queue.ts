import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { SpanStats } from "../request-trace.ts";

export interface SpanQueueOptions {
  /** Spans that may wait; a span more is dropped. */
  readonly maxWaiting: number;
  /** Spans of one export. */
  readonly maxBatch: number;
  /** The longest that a span waits while there is not a whole batch. */
  readonly delayMs: number;
  /** An export that takes longer counts as failed. */
  readonly timeoutMs: number;
  /** Learns of each failed export, never of what was in it. */
  onFailed(error: Error | undefined): void;
}

export interface SpanQueue extends SpanProcessor {
  stats(): SpanStats;
}

/**
 * Spans on their way to `exporter`: at most one export at a time and `maxWaiting` spans behind it, whatever the
 * collector does. The SDK's own processor does the same and does not say how many it dropped.
 */
export function spanQueue(exporter: SpanExporter, options: SpanQueueOptions): SpanQueue {
  const { maxWaiting, maxBatch, delayMs, timeoutMs, onFailed } = options;
  const counts = { exported: 0, failed: 0, dropped: 0 };
  const waiting: ReadableSpan[] = [];
  let exporting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function onEnd(span: ReadableSpan): void {
    if (closed || waiting.length >= maxWaiting) {
      counts.dropped++;
      return;
    }
    waiting.push(span);
    if (exporting) return;
    if (waiting.length >= maxBatch) void next();
    else timer ??= setTimeout(() => void next(), delayMs).unref();
  }

  /** One batch, and another one as long as a whole one waits. */
  function next(): Promise<void> {
    exporting ??= send().finally(() => {
      exporting = undefined;
      if (waiting.length >= maxBatch) void next();
      else if (waiting.length > 0 && !closed)
        timer ??= setTimeout(() => void next(), delayMs).unref();
    });
    return exporting;
  }

  async function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0, maxBatch);
    if (batch.length === 0) return;
    const error = await exported(batch);
    counts[error === "none" ? "exported" : "failed"] += batch.length;
    if (error !== "none") onFailed(error);
  }

  /** Never rejects: what is wrong with a collector must not reach a request. */
  function exported(batch: ReadableSpan[]): Promise<Error | undefined | "none"> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(new Error("no answer in time")), timeoutMs).unref();
      const done = (result: Error | undefined | "none") => {
        clearTimeout(late);
        resolve(result);
      };
      try {
        exporter.export(batch, ({ code, error }) =>
          done(code === ExportResultCode.SUCCESS ? "none" : error),
        );
      } catch (thrown) {
        done(thrown as Error);
      }
    });
  }

  async function flush(): Promise<void> {
    while (exporting || waiting.length > 0) await next();
  }

  return {
    onStart: () => undefined,
    onEnd,
    forceFlush: flush,
    async shutdown() {
      closed = true;
      await flush();
      await exporter.shutdown();
    },
    stats: () => ({ ...counts, waiting: waiting.length }),
  };
}

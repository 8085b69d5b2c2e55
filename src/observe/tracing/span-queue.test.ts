import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { spanQueue } from "./span-queue.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An exporter whose answers are given by hand. */
function byHand() {
  const batches: number[] = [];
  const answers: ((ok: boolean) => void)[] = [];
  const exporter: SpanExporter = {
    export(spans, done) {
      batches.push(spans.length);
      answers.push((ok) =>
        done(ok ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED }),
      );
    },
    shutdown: async () => undefined,
  };
  const answer = async (ok: boolean) => {
    answers.shift()?.(ok);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { exporter, batches, answer };
}

const span = {} as ReadableSpan;
const limits = { maxWaiting: 6, maxBatch: 3, delayMs: 1000, timeoutMs: 5000 };
const open = (exporter: SpanExporter, onFailed: () => void = () => undefined) =>
  spanQueue(exporter, { ...limits, onFailed });
const end = (queue: ReturnType<typeof open>, count: number) => {
  for (let i = 0; i < count; i++) queue.onEnd(span);
};

test("a whole batch goes at once, less than one after the delay", async () => {
  const { exporter, batches, answer } = byHand();
  const queue = open(exporter);
  end(queue, 3);
  expect(batches).toEqual([3]);
  await answer(true);
  end(queue, 2);
  await vi.advanceTimersByTimeAsync(999);
  expect(batches).toEqual([3]);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches).toEqual([3, 2]);
  await answer(true);
  expect(queue.stats()).toEqual({ exported: 5, failed: 0, dropped: 0, waiting: 0 });
});

test("one export at a time, a bounded number of spans behind it, and the rest is counted", async () => {
  const { exporter, batches, answer } = byHand();
  const queue = open(exporter);
  end(queue, 20);
  expect(batches).toEqual([3]);
  expect(queue.stats()).toEqual({ exported: 0, failed: 0, dropped: 11, waiting: 6 });
  await answer(true);
  expect(batches).toEqual([3, 3]);
  await answer(false);
  await answer(true);
  expect(queue.stats()).toEqual({ exported: 6, failed: 3, dropped: 11, waiting: 0 });
});

test("a collector that never answers is given up, and the next batch goes", async () => {
  const { exporter, batches } = byHand();
  const failed = vi.fn();
  const queue = open(exporter, failed);
  end(queue, 6);
  await vi.advanceTimersByTimeAsync(5000);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(batches).toEqual([3, 3]);
  expect(queue.stats()).toMatchObject({ failed: 3 });
});

test("an exporter that throws is one that failed", async () => {
  const exporter: SpanExporter = {
    export() {
      throw new Error("no such host");
    },
    shutdown: async () => undefined,
  };
  const queue = open(exporter);
  end(queue, 3);
  await vi.advanceTimersByTimeAsync(0);
  expect(queue.stats()).toMatchObject({ failed: 3, waiting: 0 });
});

test("what waits is sent before the queue closes, and nothing is taken after", async () => {
  const { exporter, batches, answer } = byHand();
  const queue = open(exporter);
  end(queue, 5);
  const closed = queue.shutdown();
  await answer(true);
  await answer(true);
  await closed;
  expect(batches).toEqual([3, 2]);
  end(queue, 1);
  expect(queue.stats()).toEqual({ exported: 5, failed: 0, dropped: 1, waiting: 0 });
});

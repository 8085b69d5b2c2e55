import { write, writeSync } from "node:fs";

/** Where log lines go: joined into few writes by another thread, none of which a request waits for. */
export interface LineBuffer {
  /** A whole line, its end included. */
  write(line: string): void;
  /** Writes what is there; `done` once it is written. */
  flush(done?: () => void): void;
  /** Writes what is there before it returns, as far as the reader takes it; for a process that ends. */
  flushSync(): void;
}

/** Of one of the two buffers: one is written while the other fills. */
const bufferBytes = 256 * 1024;
/** Filled so far, it is written at once: a write for each line would cost more than routing a request. */
const fullBytes = 32 * 1024;
const lastingMs = 1000;
const retryMs = 20;

/**
 * Lines for an open file. When its reader is slower than what is written, lines are dropped: neither memory nor a request
 * may wait for a log. The next line that fits comes after one that `lostLines` makes of how many were.
 */
export function lineBuffer(fd: number, lostLines: (count: number) => string): LineBuffer {
  let filling = Buffer.allocUnsafeSlow(bufferBytes);
  let writing = Buffer.allocUnsafeSlow(bufferBytes);
  let filled = 0;
  /** Of what is being written: from here to there. */
  let [from, to] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let lost = 0;
  const waiting: (() => void)[] = [];

  function add(line: string): void {
    const told = lost > 0 ? lostLines(lost) + line : line;
    const room = bufferBytes - filled;
    // A unit of a string has three bytes at most.
    if (told.length * 3 > room && Buffer.byteLength(told) > room) {
      lost++;
      return;
    }
    lost = 0;
    filled += filling.write(told, filled, "utf8");
    if (filled >= fullBytes) start();
    else timer ??= setTimeout(start, lastingMs).unref();
  }

  /** Turns the buffers round, unless one is still being written. */
  function start(): void {
    if (from < to || filled === 0) return;
    clearTimeout(timer);
    timer = undefined;
    [filling, writing] = [writing, filling];
    [from, to, filled] = [0, filled, 0];
    proceed();
  }

  function proceed(): void {
    retry = undefined;
    write(fd, writing, from, to - from, null, (error, written) => {
      if (error?.code === "EAGAIN") {
        retry = setTimeout(proceed, retryMs).unref();
        return;
      }
      // Nobody is left to read it after any other error.
      from = error ? to : from + written;
      if (from < to) return proceed();
      if (filled >= fullBytes || waiting.length > 0) start();
      if (from < to) return;
      if (filled > 0) timer ??= setTimeout(start, lastingMs).unref();
      for (const done of waiting.splice(0)) done();
    });
  }

  function flush(done?: () => void): void {
    if (done) waiting.push(done);
    start();
    if (from < to) return;
    for (const one of waiting.splice(0)) one();
  }

  function flushSync(): void {
    // What another thread is writing at this moment would else be written twice.
    if (retry) clearTimeout(retry);
    else from = to;
    try {
      while (from < to) from += writeSync(fd, writing, from, to - from);
      for (let at = 0; at < filled; ) at += writeSync(fd, filling, at, filled - at);
    } catch {
      // Whoever reads it is gone or does not read: there is nobody to tell.
    }
    filled = 0;
  }

  return { write: add, flush, flushSync };
}

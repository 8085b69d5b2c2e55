import type { BenchmarkProgress } from "../benchmark/benchmark.ts";

interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line of a log for each tenth; on a terminal one line that is written over, ten times a second at most. */
export function benchmarkProgress(screen: Screen, now: () => number = Date.now) {
  const started = now();
  let written = Number.NEGATIVE_INFINITY;
  let tenth = 0;
  let open = false;

  function report(progress: BenchmarkProgress): void {
    const { rows, total } = progress;
    if (screen.isTTY) {
      if (now() - written < 100 && rows < total) return;
      written = now();
      // The rest of a longer line before it is cleared.
      screen.write(`\r${progressText(progress, now() - started)}\u001b[K`);
      open = true;
      return;
    }
    const reached = total === 0 ? 10 : Math.floor((10 * rows) / total);
    if (reached <= tenth) return;
    tenth = reached;
    screen.write(`${progressText(progress, now() - started)}\n`);
  }

  /** Ends the line on a terminal, so that what follows stands on its own. */
  function end(): void {
    if (open) screen.write("\n");
    open = false;
  }
  return { report, end };
}

/** `120 of 400  30 %  3.2 requests/s  87 s left  2 failed` */
function progressText({ rows, total, resumed, failed }: BenchmarkProgress, ms: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * rows) / total);
  const asked = rows - resumed;
  const rate = ms > 0 ? (1000 * asked) / ms : 0;
  return [
    `${rows} of ${total}`,
    `${percent} %`,
    ...(rate > 0 ? [`${rate.toFixed(1)} requests/s`] : []),
    ...(rate > 0 && rows < total ? [`${Math.ceil((total - rows) / rate)} s left`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join("  ");
}

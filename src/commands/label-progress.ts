import { stat } from "node:fs/promises";
import type { LabelProgress } from "../label/label-file.ts";

interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** On a terminal one line that is written over, ten times a second at most; else a line after each so many queries. */
export function labelProgress(
  screen: Screen,
  { bytes, every }: { readonly bytes: number | undefined; readonly every: number },
  now: () => number = Date.now,
) {
  const started = now();
  let written = Number.NEGATIVE_INFINITY;
  let due = every;
  let open = false;

  function report(progress: LabelProgress): void {
    if (screen.isTTY) {
      if (now() - written < 100) return;
      written = now();
      screen.write(`\r${line(progress)}\u001b[K`);
      open = true;
    } else if (progress.answered >= due) {
      due = progress.answered + every;
      screen.write(`${line(progress)}\n`);
    }
  }

  function line({ rows, bytesRead, answered, failed }: LabelProgress): string {
    const seconds = (now() - started) / 1000;
    const rate = seconds > 0 ? `, ${(answered / seconds).toFixed(1)} a second` : "";
    const share = bytes === undefined ? 0 : Math.min(1, bytesRead / bytes);
    const left = share > 0 ? `, ${Math.ceil((seconds * (1 - share)) / share)} s left` : "";
    return `row ${rows}: ${answered} queries answered${rate}, ${failed} failed${left}`;
  }

  /** Ends the line on a terminal, so that what follows stands on its own. */
  function end(): void {
    if (open) screen.write("\n");
    open = false;
  }
  return { report, end };
}

/** Undefined for a packed file, whose lines are longer than it. */
export async function plainBytes(path: string): Promise<number | undefined> {
  if (path.endsWith(".gz")) return undefined;
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

import type { Progress } from "../hub/download.ts";

interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line of a log for each tenth; on a terminal one line that is written over, ten times a second at most. */
export function downloadProgress(screen: Screen, now: () => number = Date.now) {
  let written = Number.NEGATIVE_INFINITY;
  let tenth = 0;
  let open = false;

  function report({ file, bytes, totalBytes }: Progress): void {
    const share = totalBytes === 0 ? 1 : bytes / totalBytes;
    const line = `${megabytes(bytes)} of ${megabytes(totalBytes)} MB  ${Math.floor(share * 100)} %  ${file.path}`;
    if (screen.isTTY) {
      if (now() - written < 100 && bytes < totalBytes) return;
      written = now();
      // The rest of a longer line before it is cleared.
      screen.write(`\r${line}\u001b[K`);
      open = true;
      return;
    }
    const reached = Math.floor(share * 10);
    if (reached <= tenth) return;
    tenth = reached;
    screen.write(`${line}\n`);
  }

  /** Ends the line on a terminal, so that what follows stands on its own. */
  function end(): void {
    if (open) screen.write("\n");
    open = false;
  }
  return { report, end };
}

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

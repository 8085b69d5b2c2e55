import type { Socket } from "node:net";

/** Unsent on a connection before no more is read from it. */
const maxUnsentBytes = 16 * 1024 * 1024;
/** Below it, copying frames into one write is cheaper than a write of many. */
const maxJoinedBytes = 64 * 1024;

/** Frames on their way to a socket, joined into few writes. */
export interface Output {
  /** Sends with the next flush; `schedule` sees to one. */
  push(bytes: Uint8Array): void;
  /** Sends what this turn of the event loop pushes in one write; within `hold`, with the flush after it. */
  schedule(): void;
  /** Until the next flush nothing is sent, so that the answers to all that one read brings are one write. */
  hold(): void;
  flush(): void;
}

export function outputTo(socket: Socket): Output {
  let out: Uint8Array[] = [];
  let bytes = 0;
  let awaited = false;
  socket.on("drain", () => socket.resume());

  function flush(): void {
    awaited = false;
    if (out.length === 0 || socket.destroyed) return;
    const [first] = out;
    if (out.length === 1 && first) socket.write(first);
    else if (bytes <= maxJoinedBytes) socket.write(Buffer.concat(out, bytes));
    else {
      socket.cork();
      for (const one of out) socket.write(one);
      socket.uncork();
    }
    out = [];
    bytes = 0;
    // Whoever does not read the answers gets no more of them made.
    if (socket.writableLength > maxUnsentBytes) socket.pause();
  }

  return {
    push(more) {
      out.push(more);
      bytes += more.length;
    },
    schedule() {
      if (awaited) return;
      awaited = true;
      process.nextTick(flush);
    },
    hold() {
      awaited = true;
    },
    flush,
  };
}

import { RouterError } from "../errors.ts";

/** Bytes that what is read from one file may still occupy. */
export interface Room {
  /** Throws RouterError `artifact_invalid` when they are more than are left. */
  take(bytes: number): void;
}

export function room(maxBytes: number, source: string): Room {
  let left = maxBytes;
  return {
    take(bytes) {
      left -= bytes;
      if (left >= 0) return;
      throw new RouterError(
        "artifact_invalid",
        `${source}: what it holds would occupy more than ${Math.round(maxBytes / 2 ** 20)} MiB once read`,
        "Raise model_selection.ml.max_artifact_mb",
      );
    },
  };
}

/** A typed array that grows at its end. */
export interface Growing<T> {
  readonly length: () => number;
  push(value: number): void;
  /** The first `count` of `values`. */
  append(values: ArrayLike<number>, count: number): void;
  /** Memory for so many, which is occupied only when they come: to grow from little would copy again and again. */
  reserve(count: number): void;
  /** What it holds so far; the next `push` or `append` may take it away. */
  held(): T;
  /** As long as what was put in. Nothing can be put in after. */
  done(): T;
}

export const growingDoubles = (room: Room): Growing<Float64Array> =>
  growing(room, Float64Array, (buffer) => new Float64Array(buffer));
export const growingSingles = (room: Room): Growing<Float32Array> =>
  growing(room, Float32Array, (buffer) => new Float32Array(buffer));
export const growingCounts = (room: Room): Growing<Uint32Array> =>
  growing(room, Uint32Array, (buffer) => new Uint32Array(buffer));

const mostSpare = 1.05;

type Typed = Float64Array | Float32Array | Uint32Array;

function growing<T extends Typed>(
  room: Room,
  { BYTES_PER_ELEMENT: bytes }: { readonly BYTES_PER_ELEMENT: number },
  over: (buffer: ArrayBuffer) => T,
): Growing<T> {
  let values = over(new ArrayBuffer(0));
  let length = 0;

  function grow(by: number): void {
    room.take(by * bytes);
    if (length + by <= values.length) return;
    const capacity = Math.max(256, 2 * values.length, length + by);
    // Frees the old at once, where dropping it would wait for the collector.
    values = over((values.buffer as ArrayBuffer).transfer(capacity * bytes));
  }

  return {
    length: () => length,
    push(value) {
      grow(1);
      values[length++] = value;
    },
    append(more, count) {
      grow(count);
      if (more.length === count) values.set(more, length);
      else for (let i = 0; i < count; i++) values[length + i] = more[i] as number;
      length += count;
    },
    reserve(count) {
      if (count <= values.length) return;
      try {
        // Fresh memory is not touched, as `transfer` would to make it zero.
        const more = over(new ArrayBuffer(Math.ceil(count) * bytes));
        more.set(values.subarray(0, length));
        values = more;
      } catch {
        // It was a guess. Memory that is really needed is asked for later.
      }
    },
    held: () => values,
    // A few per cent too many are cheaper to keep than to copy the rest away from.
    done: () =>
      values.length < mostSpare * length
        ? (values.subarray(0, length) as T)
        : over((values.buffer as ArrayBuffer).transfer(length * bytes)),
  };
}

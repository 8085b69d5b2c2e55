import type { BoundedFile } from "../files/read-bounded.ts";

/** Bytes that are read from the first to the last, and again for whoever must say what is wrong with them. */
export interface ByteSource {
  /** Fills `into` from its start with what comes next, and tells with how many bytes; 0 at the end. */
  read(into: Uint8Array): number;
  rewind(): void;
  /** Of all its bytes. */
  readonly size: number;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read(into) {
      const next = bytes.subarray(at, at + into.length);
      into.set(next);
      at += next.length;
      return next.length;
    },
    rewind() {
      at = 0;
    },
    size: bytes.length,
  };
}

export const textSource = (text: string): ByteSource => bytesSource(Buffer.from(text));

export function fileSource(file: BoundedFile): ByteSource {
  let position = 0;
  return {
    read(into) {
      const count = file.read(into, position);
      position += count;
      return count;
    },
    rewind() {
      position = 0;
    },
    size: file.size,
  };
}

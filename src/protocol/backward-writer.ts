import { wire } from "./wire-types.ts";

/** Bytes from which on a piece of its own costs less than a copy. */
export const leastApart = 16 * 1024;

/** Writes one protobuf message from the end of `buffer` to its beginning: every field goes before the one written last. */
export class BackwardWriter {
  readonly buffer: Buffer;
  /** Of the first byte that is written. */
  at: number;
  /** Large bytes that are not copied into `buffer`: they stand before its byte `at`. */
  #apart: { readonly bytes: Buffer; readonly at: number } | undefined;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.at = buffer.length;
  }

  /** Where the message begins so far, for `prefix`. */
  mark(): number {
    return this.at - (this.#apart?.bytes.length ?? 0);
  }

  /** The message in its pieces; before it, in the first one, `headroom` bytes that are left to the caller. */
  pieces(headroom: number): [Buffer, ...Buffer[]] {
    const start = this.at - headroom;
    if (!this.#apart) return [this.buffer.subarray(start)];
    const { bytes, at } = this.#apart;
    const after = this.buffer.subarray(at);
    return [this.buffer.subarray(start, at), bytes, ...(after.length > 0 ? [after] : [])];
  }

  varint(value: number): void {
    if (value < 0x80) {
      this.buffer[--this.at] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
    this.at -= length;
    let rest = value;
    for (let index = 0; index < length - 1; index++) {
      this.buffer[this.at + index] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.at + length - 1] = rest;
  }

  varintField(field: number, value: number): void {
    this.varint(value);
    this.varint(field * 8 + wire.varint);
  }

  /** Makes what was written since `end`, a mark, a field of its own. */
  prefix(field: number, end: number): void {
    this.varint(end - this.mark());
    this.varint(field * 8 + wire.bytes);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    const end = this.mark();
    this.at -= bytes.length;
    this.buffer.set(bytes, this.at);
    this.prefix(field, end);
  }

  /** As `bytesField`, and large bytes are a piece of their own, not copied; once in a message. */
  bodyField(field: number, bytes: Uint8Array): void {
    if (bytes.length < leastApart) {
      this.bytesField(field, bytes);
      return;
    }
    const end = this.mark();
    const { buffer, byteOffset, byteLength } = bytes;
    this.#apart = { bytes: Buffer.from(buffer, byteOffset, byteLength), at: this.at };
    this.prefix(field, end);
  }

  stringField(field: number, text: string): void {
    const end = this.mark();
    this.at -= Buffer.byteLength(text, "utf8");
    this.buffer.write(text, this.at, "utf8");
    this.prefix(field, end);
  }
}

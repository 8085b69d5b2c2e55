import { wire } from "./wire-types.ts";

/** Writes one protobuf message from the end of `buffer` to its beginning: every field goes before the one written last. */
export class BackwardWriter {
  readonly buffer: Buffer;
  /** Of the first byte that is written. */
  at: number;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.at = buffer.length;
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

  /** Makes what was written since `end` a field of its own. */
  prefix(field: number, end: number): void {
    this.varint(end - this.at);
    this.varint(field * 8 + wire.bytes);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    const end = this.at;
    this.at -= bytes.length;
    this.buffer.set(bytes, this.at);
    this.prefix(field, end);
  }

  stringField(field: number, text: string): void {
    const end = this.at;
    this.at -= Buffer.byteLength(text, "utf8");
    this.buffer.write(text, this.at, "utf8");
    this.prefix(field, end);
  }
}

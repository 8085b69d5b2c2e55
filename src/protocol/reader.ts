import { wire } from "./wire-types.ts";

/** Fields of one protobuf message, from `at` to `end`. Every function throws an Error where `bytes` are malformed. */
export class Reader {
  field = 0;
  type = 0;
  readonly #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.type = tag & 7;
    if (this.field === 0) throw malformed();
    return true;
  }

  /** The low 53 bits, or a number that is not 0 where more are set. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (let count = 1; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw malformed();
  }

  #byte(): number {
    if (this.#at >= this.#end) throw malformed();
    return this.#bytes[this.#at++] as number;
  }

  #length(): number {
    const length = this.varint();
    if (length > this.#end - this.#at) throw malformed();
    return length;
  }

  /** Goes into the message that the field is; `next` is false at its end. Gives what `leave` wants. */
  enter(): number {
    const length = this.#length();
    const end = this.#end;
    this.#end = this.#at + length;
    return end;
  }

  /** Out of a message that was read to its end. */
  leave(end: number): void {
    this.#end = end;
  }

  bytes(): Buffer {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  string(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString("utf8", this.#at - length, this.#at);
  }

  skip(): void {
    if (this.type === wire.varint) this.varint();
    else if (this.type === wire.bytes) this.bytes();
    else {
      // Groups (3 and 4) went out of use before this protocol was made.
      const length = this.type === wire.fixed64 ? 8 : this.type === wire.fixed32 ? 4 : undefined;
      if (length === undefined || length > this.#end - this.#at) throw malformed();
      this.#at += length;
    }
  }
}

const malformed = (): Error => new Error("malformed protobuf");

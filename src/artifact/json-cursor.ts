import { isUtf8 } from "node:buffer";
import type { ByteSource } from "./byte-source.ts";
import { openJsonKernel } from "./json-kernel.ts";
import { decimal, digitsPerPart } from "./json-number.ts";

/** Where the bytes stop being JSON. What is wrong there, describeJsonFault says. */
export class JsonFault extends Error {}

/** Read from a file at a time. Longer tokens make it grow. */
const windowBytes = 2 ** 20;

/** Of a number, so long that none of a trained file is longer. Needed to be in the window before one is read. */
const numberBytes = 64;

const digitsHeld = 2 * digitsPerPart;

/** Takes the first `count` of `numbers`, which are overwritten after. */
export type EachNumbers = (numbers: Float64Array, count: number) => void;

/** Goes through JSON once, from the first byte to the last, in a window of a fixed size. */
export interface JsonCursor {
  /** The byte after white space, which is not passed; -1 at the end. */
  next(): number;
  pass(): void;
  /** Passes the byte when it is the next. */
  took(byte: string): boolean;
  /** Passes the byte, or throws JsonFault. */
  take(byte: string): void;
  string(): string;
  /** As JSON.parse reads it, so Infinity for 1e999. */
  number(): number;
  /** Gives numbers of an array to `each`, until it ends (true, and it is passed) or something else is next (false). */
  numbers(each: EachNumbers): boolean;
  /** Passes the bytes when these are next, without white space. */
  skipped(bytes: Uint8Array): boolean;
  /** Text up to the first byte that is none of a number, true, false or null; it is not passed. */
  word(): string;
  skip(bytes: number): void;
  /** From here on bytes are kept, as long as there are no more than `most`, until `kept` gives them: a view that the next call of anything may overwrite. */
  keep(most: number): void;
  kept(): Uint8Array | undefined;
  /** Of the first byte that is not passed. */
  position(): number;
  /** Of all bytes, passed or not. */
  readonly size: number;
}

const code = (character: string): number => character.charCodeAt(0);
const [quote, backslash, comma, closing, minus, point] = ['"', "\\", ",", "]", "-", "."].map(
  code,
) as [number, number, number, number, number, number];
const pointLess0 = point - 48;
const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;
const one = new Float64Array(1);

export function jsonCursor(source: ByteSource): JsonCursor {
  const kernel = openJsonKernel(windowBytes);
  let window = kernel.window();
  let at = 0;
  let end = 0;
  let passed = 0;
  let ended = false;
  let keptFrom = -1;
  let keptMost = 0;

  /** Reads on. False when nothing comes. */
  function fill(): boolean {
    if (ended) return false;
    if (at - keptFrom > keptMost) keptFrom = -1;
    const from = keptFrom < 0 ? at : keptFrom;
    window.copyWithin(0, from, end);
    passed += from;
    at -= from;
    end -= from;
    if (keptFrom >= 0) keptFrom = 0;
    if (end > window.length / 2) {
      kernel.enlarge();
      window = kernel.window();
    }
    const read = source.read(window.subarray(end));
    end += read;
    ended = read === 0;
    return !ended;
  }

  function ensure(bytes: number): void {
    while (end - at < bytes && fill());
  }

  function next(): number {
    for (;;) {
      while (at < end) {
        const byte = window[at] as number;
        if (!isSpace(byte)) return byte;
        at++;
      }
      if (!fill()) return -1;
    }
  }

  function took(byte: string): boolean {
    if (next() !== code(byte)) return false;
    at++;
    return true;
  }

  function take(byte: string): void {
    if (!took(byte)) throw new JsonFault();
  }

  function string(): string {
    if (next() !== quote) throw new JsonFault();
    let plain = true;
    for (let length = 1; ; length++) {
      if (at + length >= end && !fill()) {
        at = end;
        throw new JsonFault();
      }
      const byte = window[at + length] as number;
      if (byte === quote) {
        const quoted = window.subarray(at, at + length + 1);
        const text = plain ? latin1(quoted.subarray(1, -1)) : parsed(quoted);
        at += length + 1;
        return text;
      }
      if (byte < 32) throw new JsonFault();
      if (byte === backslash) length++;
      if (byte === backslash || byte > 127) plain = false;
    }
  }

  function number(): number {
    next();
    ensure(numberBytes);
    let i = at;
    const negative = window[i] === minus;
    if (negative) i++;
    const first = i;
    let high = 0;
    let low = 0;
    let digits = 0;
    let pointAt = -1;
    // Bytes beyond the end are of an earlier filling, and may be digits.
    for (; i < end; i++) {
      const digit = (window[i] as number) - 48;
      if (digit >= 0 && digit <= 9) {
        if (digits < digitsPerPart) high = high * 10 + digit;
        else if (digits < digitsHeld) low = low * 10 + digit;
        if (digits > 0 || digit > 0) digits++;
      } else if (digit === pointLess0 && pointAt < 0) pointAt = i;
      else break;
    }
    const wholeEnd = pointAt < 0 ? i : pointAt;
    const isNumber =
      wholeEnd > first &&
      (window[first] !== 48 || wholeEnd === first + 1) &&
      (pointAt < 0 || i > pointAt + 1);
    let exponent = pointAt < 0 ? 0 : pointAt + 1 - i;
    if (i < end && ((window[i] as number) | 32) === 101) {
      const power = powerAt(i + 1);
      if (power.end === i + 1) throw new JsonFault();
      exponent += power.value;
      i = power.end;
    }
    if (i === end && !ended) {
      // It may go on beyond the window.
      fill();
      return number();
    }
    if (!isNumber) throw new JsonFault();
    const quick = digits <= digitsHeld ? decimal(high, low, digits, exponent) : Number.NaN;
    const value = Number.isNaN(quick) ? Number(latin1(window.subarray(first, i))) : quick;
    at = i;
    return negative ? -value : value;
  }

  /** What follows an e. `end` is `from` when that is no power. */
  function powerAt(from: number): { readonly value: number; readonly end: number } {
    const negative = window[from] === minus;
    const first = from + (from < end && (negative || window[from] === 43) ? 1 : 0);
    let value = 0;
    let i = first;
    for (; i < end; i++) {
      const digit = (window[i] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = Math.min(value * 10 + digit, 1e6);
    }
    if (i === first && (i < end || ended)) return { value: 0, end: from };
    return { value: negative ? -value : value, end: i };
  }

  function numbers(each: EachNumbers): boolean {
    for (;;) {
      if (next() === -1) throw new JsonFault();
      ensure(numberBytes);
      const count = kernel.read(at, end);
      at = kernel.stoppedAt;
      if (count > 0) each(kernel.numbers(), count);
      if (!kernel.afterElement) {
        const byte = next();
        if (byte !== minus && !(byte >= 48 && byte <= 57)) return false;
        one[0] = number();
        each(one, 1);
      }
      const byte = next();
      if (byte !== comma && byte !== closing) throw new JsonFault();
      at++;
      if (byte === closing) return true;
    }
  }

  function skipped(bytes: Uint8Array): boolean {
    ensure(bytes.length);
    if (end - at < bytes.length) return false;
    if (Buffer.compare(window.subarray(at, at + bytes.length), bytes) !== 0) return false;
    at += bytes.length;
    return true;
  }

  function word(): string {
    for (let length = 0; ; length++) {
      while (at + length >= end && fill());
      const byte = at + length < end ? (window[at + length] as number) : 32;
      const isOfWord =
        (byte >= 48 && byte <= 57) ||
        ((byte | 32) >= 97 && (byte | 32) <= 122) ||
        byte === minus ||
        byte === point ||
        byte === 43 ||
        byte === 95;
      if (!isOfWord) return latin1(window.subarray(at, at + length));
    }
  }

  function kept(): Uint8Array | undefined {
    const from = keptFrom;
    keptFrom = -1;
    return from < 0 || at - from > keptMost ? undefined : window.subarray(from, at);
  }

  return {
    next,
    pass: () => {
      at++;
    },
    took,
    take,
    string,
    number,
    numbers,
    skipped,
    word,
    skip: (bytes) => {
      at += bytes;
    },
    keep: (most) => {
      keptFrom = at;
      keptMost = most;
    },
    kept,
    position: () => passed + at,
    size: source.size,
  };
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

/** Escapes, and what is not ASCII. */
function parsed(quoted: Uint8Array): string {
  if (!isUtf8(quoted)) throw new JsonFault("it is not UTF-8 text");
  try {
    return JSON.parse(Buffer.from(quoted).toString());
  } catch {
    throw new JsonFault();
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** Bytes from the opening quote to the one after the closing quote. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the value of the top-level key `model` stands, once for each time the key occurs. `body` must be valid JSON
 * with an object at its top, or the beginning of such: then a scan over strings and brackets is enough. Values that are
 * not strings, and a string that the end of a truncated body cuts off, are left out.
 */
export function locateModel(body: Buffer): readonly Span[] {
  const found: Span[] = [];
  let depth = 0;
  let key: Span | undefined;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) {
      const end = endOfString(body, at);
      if (end < 0) break;
      const string = { start: at, end };
      at = string.end - 1;
      if (depth !== 1) continue;
      if (key === undefined) key = string;
      else if (isModel(body, key)) found.push(string);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x2c && depth === 1) {
      key = undefined;
    }
  }
  return found;
}

/** The quote that ends a string is the first one with an even number of backslashes before it; -1 when none does. */
function endOfString(body: Buffer, start: number): number {
  for (let at = body.indexOf(quote, start + 1); at >= 0; at = body.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (body[at - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return -1;
}

/** The key may be written with escapes: `"mod\u0065l"` is the same key. */
function isModel(body: Buffer, { start, end }: Span): boolean {
  // Six bytes an escaped character at most.
  if (end - start > 2 + 5 * 6) return false;
  return JSON.parse(body.toString("utf8", start, end)) === "model";
}

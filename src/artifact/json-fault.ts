import { type ByteSource, textSource } from "./byte-source.ts";
import { JsonFault, jsonCursor } from "./json-cursor.ts";
import { type JsonPath, walk } from "./json-walk.ts";

/** Shown of what cannot be read: a word, or one character. */
const shownBytes = 24;

/**
 * Where bytes stop being JSON, as `unexpected "NaN" in embeddings[3][17], line 1 column 56`. The readers of files are
 * fast and know neither the row nor the place, so this walks again what they refused.
 */
export function describeJsonFault(content: string | ByteSource): string {
  const source = typeof content === "string" ? textSource(content) : content;
  source.rewind();
  const cursor = jsonCursor(source);
  const path: JsonPath = [];
  let detail = "";
  try {
    walk(cursor, path);
    cursor.next();
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    detail = thrown.message;
  }
  const inside = path.length > 0 ? ` in ${nameOf(path)}` : "";
  const { place, rest } = placeOf(source, cursor.position());
  if (detail !== "") return `${detail}${inside}, ${place}`;
  if (rest.length === 0) return `the text ends too early${inside}, ${place}`;
  const [found = ""] = /^(?:[-+]?\w+|.)/su.exec(Buffer.from(rest).toString()) ?? [];
  return `unexpected ${JSON.stringify(found)}${inside}, ${place}`;
}

/** Lines and columns, in UTF-16 units as JavaScript counts, of a byte; and some bytes that follow. */
function placeOf(source: ByteSource, position: number): { place: string; rest: Uint8Array } {
  source.rewind();
  const buffer = new Uint8Array(2 ** 16);
  let line = 1;
  let column = 1;
  const rest: number[] = [];
  for (let from = 0; rest.length < shownBytes; ) {
    const read = source.read(buffer);
    if (read === 0) break;
    for (let i = 0; i < read && rest.length < shownBytes; i++) {
      const byte = buffer[i] as number;
      if (from + i >= position) rest.push(byte);
      else if (byte === 10) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
    from += read;
  }
  return { place: `line ${line} column ${column}`, rest: Uint8Array.from(rest) };
}

export const nameOf = (path: readonly (string | number)[]): string =>
  path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${part}`,
    )
    .join("");

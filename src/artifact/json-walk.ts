import { type JsonCursor, JsonFault } from "./json-cursor.ts";

/** Keys and indices that lead to where the cursor is. */
export type JsonPath = (string | number)[];

/** Deeper than any file of ours; the walk recurses. */
const maxDepth = 64;

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;

/**
 * Passes one value of any shape. Throws JsonFault where it is no JSON: `path` then leads there, and the cursor stands
 * before what cannot be read. `onTwice` is told of a key that an object has twice.
 */
export function walk(
  cursor: JsonCursor,
  path: JsonPath,
  onTwice?: (path: readonly (string | number)[]) => never,
): void {
  const byte = cursor.next();
  if (path.length > maxDepth) throw new JsonFault();
  if (byte === 0x7b) {
    const keys = onTwice && new Set<string>();
    list(cursor, path, "}", () => {
      const key = cursor.string();
      path.push(key);
      if (keys?.has(key)) onTwice?.(path);
      keys?.add(key);
      cursor.take(":");
      walk(cursor, path, onTwice);
    });
  } else if (byte === 0x5b) {
    list(cursor, path, "]", (index) => {
      path.push(index);
      walk(cursor, path, onTwice);
    });
  } else if (byte === 0x22) cursor.string();
  else scalar(cursor);
}

function list(
  cursor: JsonCursor,
  path: JsonPath,
  close: string,
  item: (index: number) => void,
): void {
  cursor.pass();
  if (cursor.took(close)) return;
  for (let index = 0; ; index++) {
    item(index);
    path.pop();
    if (cursor.took(close)) return;
    cursor.take(",");
    // A comma promises more.
    cursor.next();
  }
}

function scalar(cursor: JsonCursor): void {
  const word = cursor.word();
  literal.lastIndex = 0;
  if (!literal.test(word)) throw new JsonFault();
  cursor.skip(literal.lastIndex);
}

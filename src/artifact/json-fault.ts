/** Deeper than any file of ours; the walk below recurses. */
const maxDepth = 64;

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;

/**
 * Where text stops being JSON, as `unexpected "NaN" in embeddings[3][17], line 1 column 56`. JSON.parse is fast but
 * says neither the row nor, for most faults, the place, so this walks again what it refused.
 */
export function describeJsonFault(text: string): string {
  const path: (string | number)[] = [];
  let at = 0;
  space();
  if (value()) space();
  const lines = text.slice(0, at).split("\n");
  const place = `line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1}`;
  const inside = path.length > 0 ? ` in ${nameOf(path)}` : "";
  if (at >= text.length) return `the text ends too early${inside}, ${place}`;
  const [found = ""] = /^(?:[-+]?\w+|.)/su.exec(text.slice(at, at + 24)) ?? [];
  return `unexpected ${JSON.stringify(found)}${inside}, ${place}`;

  /** Each of these moves `at` past what it reads, or to the fault and returns false. */
  function value(): boolean {
    if (path.length > maxDepth) return false;
    if (text[at] === "{") return list("}", member);
    if (text[at] === "[") return list("]", element);
    if (text[at] === '"') return string() !== undefined;
    literal.lastIndex = at;
    if (!literal.test(text)) return false;
    at = literal.lastIndex;
    return true;
  }

  function list(close: string, item: (index: number) => boolean): boolean {
    at++;
    space();
    for (let index = 0; text[at] !== close || index > 0; index++) {
      if (!item(index)) return false;
      path.pop();
      space();
      if (text[at] === close) break;
      if (text[at] !== ",") return false;
      at++;
      space();
    }
    at++;
    return true;
  }

  function element(index: number): boolean {
    path.push(index);
    return value();
  }

  function member(): boolean {
    const key = string();
    if (key === undefined) return false;
    path.push(key);
    space();
    if (text[at] !== ":") return false;
    at++;
    space();
    return value();
  }

  function string(): string | undefined {
    const start = at;
    if (text[at] !== '"') return undefined;
    for (let end = at + 1; end < text.length; end++) {
      if (text[end] === "\\") end++;
      else if (text[end] === '"') {
        const read = parsed(text.slice(start, end + 1));
        if (read !== undefined) at = end + 1;
        return read;
      }
    }
    at = text.length;
    return undefined;
  }

  function space(): void {
    while (at < text.length && " \t\n\r".includes(text[at] as string)) at++;
  }
}

function parsed(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

const nameOf = (path: readonly (string | number)[]): string =>
  path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${part}`,
    )
    .join("");

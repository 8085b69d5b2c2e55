import type { RunCode } from "./benchmark.ts";
import type { Query } from "./queries.ts";
import type { Sandbox } from "./sandbox.ts";

/** Far above any benchmark's. */
const maxAssertions = 1000;

/** The share of a query's assertions that hold; undefined when it has none. */
export const codeRunner =
  (sandbox: Sandbox): RunCode =>
  async (response, query, signal) => {
    const assertions = assertionsOf(query);
    if (assertions.length === 0) return undefined;
    const code = extractCode(response);
    if (code === undefined) return 0;
    const passed = await sandbox.run(code, assertions, signal);
    if (!passed) return { code: "code_not_judged", message: "the sandbox gave no verdict" };
    return passed.filter(Boolean).length / assertions.length;
  };

/** A list of texts, as JSON or as the literal that Python prints. */
export function assertionsOf({ assertions, groundTruth = "" }: Query): readonly string[] {
  const found = assertions ?? literalTexts(groundTruth.trim());
  return found.filter((one) => /\bassert\b/.test(one)).slice(0, maxAssertions);
}

/** The texts of a Python list of string literals. It is read, never evaluated. */
function literalTexts(list: string): readonly string[] {
  if (!list.startsWith("[")) return /^assert\b/.test(list) ? [list] : [];
  try {
    const value: unknown = JSON.parse(list);
    if (Array.isArray(value)) return value.filter((one) => typeof one === "string");
  } catch {
    // Not JSON: Python's own quotes.
  }
  const literal = /'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)"/g;
  return [...list.matchAll(literal)].map(([, single, double]) => unescaped(single ?? double ?? ""));
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

const unescaped = (text: string): string =>
  text.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|([\s\S]))/gi, (_, hex, unicode, other: string) => {
    const code = hex ?? unicode;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return escapes[other] ?? (`'"\\`.includes(other) ? other : `\\${other}`);
  });

/** All ```python blocks, else the first ``` block, else what begins with a def, import or class; undefined without any. */
export function extractCode(response: string): string | undefined {
  const fence = /^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*```|$(?![\s\S]))/gm;
  const blocks = [...response.matchAll(fence)].map(([, language = "", code = ""]) => ({
    language: language.toLowerCase(),
    code,
  }));
  const python = blocks.filter(({ language }) => ["python", "py", "python3"].includes(language));
  if (python.length > 0) return python.map(({ code }) => code).join("\n");
  const [first] = blocks;
  if (first) return first.code;
  const start = /^(?:(?:async\s+)?def|class|import|from)\s|^@\w/m.exec(response);
  if (!start || !/^[ \t]*(?:async )?def /m.test(response)) return undefined;
  return unfenced(response.slice(start.index));
}

/** Prose after the code would be a syntax error: the first line at the margin that cannot be code ends it. */
function unfenced(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex(
    (line, at) =>
      at > 0 &&
      /^\S/.test(line) &&
      !/^(?:async |def |class |import |from |@|#|if |for |while |try|with |else|elif |except|finally|[\w.[\]]+\s*(?:[-+*/]?=|\()|[)\]}])/.test(
        line,
      ),
  );
  return lines.slice(0, end < 0 ? undefined : end).join("\n");
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what an operator writes
import { CORE_SCHEMA, load, mergeTag, YAMLException } from "js-yaml";
import type { LocatedProblem } from "./problem.ts";
import { isMapping, type Tree } from "./tree.ts";

/** Far above any real file of a mebibyte; only aliases of aliases ("billion laughs") come near. */
const maxValues = 200_000;

const schema = CORE_SCHEMA.withTags(mergeTag);

/**
 * One YAML document as a tree that shares nothing with itself: aliases are copied. A key without a value counts as not
 * written, as in the reference.
 */
export function readYaml(text: string): { tree: Tree } | { problem: LocatedProblem } {
  try {
    let values = 0;
    const copy = (tree: Tree): Tree => {
      if (++values > maxValues) throw new YAMLException(`more than ${maxValues} values`);
      if (Array.isArray(tree)) return tree.map(copy);
      if (!isMapping(tree)) return tree;
      if (Object.hasOwn(tree, "__proto__")) throw new YAMLException("a key named __proto__");
      return Object.fromEntries(
        Object.entries(tree).map(([key, value]) => [key, copy(value ?? undefined)]),
      );
    };
    return { tree: copy(load(text, { schema })) };
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    const line = thrown.mark && thrown.mark.line + 1;
    const empty = thrown.reason.startsWith("expected a document");
    const message = empty ? "the file is empty" : `not valid YAML: ${thrown.reason}`;
    return { problem: { path: "", line, message: `${message}${braceHint(text, line)}` } };
  }
}

/** `{ port: ${PORT} }` is the usual slip: the inner braces are YAML's. */
function braceHint(text: string, line: number | undefined): string {
  const found = line === undefined ? undefined : text.split("\n")[line - 1];
  return found?.includes("${") ? "; between { } or [ ] put ${NAME} in quotes" : "";
}

/** What `text` would be if it stood in the file as a plain scalar: `8080` a number, `true` a boolean. */
export function readScalar(text: string): Tree {
  try {
    const value = load(text, { schema });
    return typeof value === "number" || typeof value === "boolean" ? value : text;
  } catch {
    return text;
  }
}

import { type Path, type Problem, pathText } from "./problem.ts";
import { mapScalars, type Tree } from "./tree.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substitution {
  readonly variables: readonly string[];
  /** The value was `${NAME}` and nothing else, so it may stand for a number or a boolean. */
  readonly whole: boolean;
}

export interface Expanded {
  readonly tree: Tree;
  /** What came out of the environment, by `pathText`: may be secret, so no message shows it. */
  readonly substitutions: ReadonlyMap<string, Substitution>;
  readonly problems: readonly Problem[];
}

/** `$${`, which stands for `${` itself, or a substitution, finished or not. */
const token = /\$\$\{|\$\{([^}]*)(\}?)/g;
const substitution = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what an operator writes
const forms = "${NAME}, ${NAME:-default}, or $${ for the text itself";

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text value, never in keys. The default also stands in for an empty
 * variable, as in a shell.
 */
export function expandEnvironment(tree: Tree, env: Environment): Expanded {
  const substitutions = new Map<string, Substitution>();
  const problems: Problem[] = [];

  function expand(text: string, path: Path): string {
    const variables: string[] = [];
    const expanded = text.replace(token, (found, body: string | undefined, end: string) => {
      if (body === undefined) return "${";
      const [, name, fallback] = (end && substitution.exec(body)) || [];
      if (name === undefined || fallback?.includes("${")) {
        problems.push({ path, message: `'${found}' is no substitution; write ${forms}` });
        return found;
      }
      variables.push(name);
      const value = env[name];
      if (typeof value === "string" && (value !== "" || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      const message = `environment variable ${name} is not set; set it, or write \${${name}:-default}`;
      problems.push({ path, message });
      return "";
    });
    const whole = text.replace(token, "") === "" && variables.length === 1;
    if (variables.length > 0) substitutions.set(pathText(path), { variables, whole });
    return expanded;
  }

  const expanded = mapScalars(tree, (scalar, path) =>
    typeof scalar === "string" ? expand(scalar, path) : scalar,
  );
  return { tree: expanded, substitutions, problems };
}

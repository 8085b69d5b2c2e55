import { cautionsOf } from "./cautions.ts";
import { dialectProblem } from "./dialect.ts";
import { type Environment, expandEnvironment } from "./environment.ts";
import { locator } from "./locate.ts";
import { type LocatedProblem, type Problem, pathText } from "./problem.ts";
import { checkRules } from "./rules.ts";
import type { RouterConfig } from "./schema.ts";
import { checkShape } from "./shape.ts";
import { withoutUnsupported } from "./unsupported.ts";
import { readYaml } from "./yaml.ts";

export interface Inspection {
  /** Only when there is no problem. */
  readonly config?: RouterConfig;
  readonly problems: readonly LocatedProblem[];
  readonly warnings: readonly LocatedProblem[];
}

/** Everything that can be said of a configuration from its text: YAML, variables, form, then meaning. */
export function inspectConfig(text: string, env: Environment): Inspection {
  const read = readYaml(text);
  if ("problem" in read) return { problems: [read.problem], warnings: [] };
  const located = locator(text);
  const foreign = dialectProblem(read.tree);
  if (foreign) return { problems: located([foreign]), warnings: [] };

  const { tree, ignored } = withoutUnsupported(read.tree);
  const expanded = expandEnvironment(tree, env);
  // Without the variables everything else would be a consequence.
  if (expanded.problems.length > 0) return { problems: located(expanded.problems), warnings: [] };

  const { draft, problems: faults } = checkShape(expanded.tree, expanded.substitutions);
  const problems = [...faults, ...(draft ? unlessBelow(faults, checkRules(draft)) : [])];
  const cautions = draft ? unlessBelow(problems, cautionsOf(draft)) : [];
  const warnings = [...unsupported(ignored), ...cautions];
  return {
    ...(draft && problems.length === 0 && { config: draft }),
    problems: located(problems),
    warnings: located(warnings),
  };
}

/** Without these a condition, an algorithm or a modelRef is none, and its other keys mean nothing. */
const keysThatDefine: readonly unknown[] = ["type", "model"];

/** Of a place whose form is wrong, and which was repaired only to look further, nothing else is said. */
function unlessBelow(faults: readonly Problem[], others: readonly Problem[]): readonly Problem[] {
  const places = new Set(
    faults.map(({ path }) =>
      pathText(keysThatDefine.includes(path.at(-1)) ? path.slice(0, -1) : path),
    ),
  );
  return others.filter(
    ({ path }) => !path.some((_, i) => places.has(pathText(path.slice(0, i + 1)))),
  );
}

function unsupported(keys: readonly string[]): readonly Problem[] {
  if (keys.length === 0) return [];
  const message = `ignored, because signalbox does not have these features: ${keys.join(", ")}`;
  return [{ path: [], message }];
}

import { lineIndex } from "./lines.ts";
import { type LocatedProblem, type Problem, pathText } from "./problem.ts";

/** In the order of the file. Its lines are read once there is something to locate. */
export function locator(text: string): (problems: readonly Problem[]) => readonly LocatedProblem[] {
  let lineOf: ReturnType<typeof lineIndex> | undefined;
  return (problems) =>
    problems
      .map(({ path, message }) => {
        lineOf ??= lineIndex(text);
        return { path: pathText(path), line: lineOf(path), message };
      })
      .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

import type { z } from "zod";
import type { Path } from "./problem.ts";

/** An issue that no union hides, with its path from the root. */
export type Issue = Exclude<z.core.$ZodIssue, z.core.$ZodIssueInvalidUnion> & {
  readonly path: Path;
};

/** "Invalid union" helps nobody: the alternative that was meant is taken, and its issues stand in. */
export function plainIssues(issues: readonly z.core.$ZodIssue[], at: Path = []): readonly Issue[] {
  return issues.flatMap((issue) => {
    // Nothing parsed from YAML has a symbol for a key.
    const path = [...at, ...(issue.path as (string | number)[])];
    if (issue.code === "invalid_union") return plainIssues(meant(issue.errors), path);
    return [{ ...issue, path } as Issue];
  });
}

/** A rule with `conditions` was to be a node even when its operator is wrong: the fewest foreign keys decide. */
function meant(alternatives: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] {
  const foreignKeys = (issues: readonly z.core.$ZodIssue[]) =>
    issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [],
    ).length;
  const [best] = alternatives.toSorted((a, b) => foreignKeys(a) - foreignKeys(b));
  return best ?? [];
}

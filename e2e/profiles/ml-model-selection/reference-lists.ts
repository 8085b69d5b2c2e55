import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ReferenceCase {
  readonly query: string;
  readonly decision: string;
}

interface ReferenceList {
  readonly name: string;
  readonly cases: readonly ReferenceCase[];
}

/** Beside the checkout, not in it: the reference's words are its own. */
const path = join(import.meta.dirname, "../../../../shared/spec/e2e-cases.json");

/** The reference's own lists; none where they are not at hand, which is said aloud. */
export function readReferenceLists(): ReferenceList[] {
  if (!existsSync(path)) {
    console.warn(`SKIPPED: the reference's own cases, which are not here: ${path}`);
    return [];
  }
  const { seed_era, head, recommended_25 } = JSON.parse(readFileSync(path, "utf8"));
  return [
    { name: "recommended 25", cases: recommended_25 },
    { name: "seed era, file", cases: seed_era.file_cases },
    { name: "seed era, built in", cases: seed_era.builtin_cases },
    { name: "head, file", cases: head.file_cases },
    { name: "head, built in", cases: head.builtin_cases },
  ];
}

/** Decisions that the reference added later: the profile here is that of the seeds. */
const laterDecision = /^(physics|law)_decision$/;

/** Why a case of theirs got another decision; for people. */
export function whyNot(
  { query, decision }: ReferenceCase,
  got: { readonly decision: unknown; readonly domain: unknown },
): string {
  const wanted = laterDecision.test(decision)
    ? `${decision}, which this profile does not have`
    : decision;
  return `  ${query}\n    wanted ${wanted}; got ${got.decision} for ${got.domain}`;
}

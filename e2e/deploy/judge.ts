import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CrdCheck, run } from "./programs.ts";

/** What crd-check says of a document. */
export interface Finding {
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  readonly problems: readonly string[];
}

/** Of all texts in one run, which reads the CRDs once; by the texts' names. */
export function judge(
  [program, ...crds]: CrdCheck,
  texts: ReadonlyMap<string, string>,
): Map<string, Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-manifests-"));
  try {
    const names = [...texts.keys()];
    const files = names.map((_, at) => join(folder, `${at}.yaml`));
    for (const [at, yaml] of [...texts.values()].entries())
      writeFileSync(files[at] as string, yaml);
    const { status, stdout, stderr } = run(program, [...crds, ...files]);
    if (status > 1) throw new Error(stderr);
    const findings: Finding[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    return new Map(
      names.map((name, at) => [name, findings.filter(({ file }) => file === files[at])]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const problemsOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ kind, name, problems }) =>
    problems.map((problem) => `${kind} ${name}: ${problem}`),
  );

import type { Finding, Severity } from "./findings.ts";

const order: readonly Severity[] = ["error", "warning", "info"];

/** The gravest first, each once. */
export function ranked(findings: readonly Finding[]): readonly Finding[] {
  const once = new Map(findings.map((one) => [JSON.stringify(one), one]));
  return [...once.values()].toSorted(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
}

/** What is only for information is no problem. */
export const problemsAmong = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ severity }) => severity !== "info");

export function reportText(findings: readonly Finding[]): string {
  const blocks = findings.map(({ id, severity, where, found, causes, remedy }) =>
    [
      `${severity}: ${id}`,
      `  at      ${where}`,
      `  found   ${found}`,
      `  causes  ${causes}`,
      `  remedy  ${remedy}`,
      "",
    ].join("\n"),
  );
  const count = problemsAmong(findings).length;
  const end = count === 0 ? "no problem found" : count === 1 ? "1 problem" : `${count} problems`;
  return [...blocks, end, ""].join("\n");
}

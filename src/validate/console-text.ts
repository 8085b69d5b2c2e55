import { type Gate, gainShort, percent, points, type Report } from "./report.ts";

/** As wide as the seeds' table. */
const width = 70;

/** The seeds' table under its names, then what is to be believed of it. */
export function consoleText(report: Report): string {
  const { data, strategies } = report;
  const first = Math.max(26, ...strategies.map(({ name }) => shownName(name).length + 2));
  const line = (cells: readonly string[]): string => {
    const [name = "", quality = "", latency = "", best = ""] = cells;
    return name.padEnd(first) + quality.padStart(12) + latency.padStart(12) + best.padStart(14);
  };
  const rule = "-".repeat(Math.max(width, first + 38));
  return [
    `Validation Results (${data.queries} test queries, ${data.models.length} models)`,
    rule,
    line(["Strategy", "Avg Quality", "Avg Latency", "Best Model %"]),
    rule,
    ...strategies.map(({ name, quality, latencySeconds, bestShare }) =>
      line([
        shownName(name),
        quality.toFixed(3),
        latencySeconds === undefined ? "-" : `${latencySeconds.toFixed(2)}s`,
        percent(bestShare),
      ]),
    ),
    rule,
    "",
    ...benefit(report),
    "",
    ...gains(report, first),
    ...pairs(report),
    ...(report.gate ? ["", ...gateLines(report.gate)] : []),
    ...(report.date ? ["", report.date] : []),
  ].join("\n");
}

/** A model's name is data: whatever would move the cursor is shown, not obeyed. */
export const shownName = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, "?");

function benefit({ strategies }: Report): readonly string[] {
  const random = strategies.find(({ kind }) => kind === "random");
  if (!random) return [];
  const selectors = strategies.filter(({ kind }) => kind === "selector");
  return [
    "ML Routing Benefit:",
    ...selectors.flatMap(({ name, quality, bestShare }) => [
      `- ${name} improves quality by ${signed(100 * (quality / random.quality - 1))}% over random`,
      `- ${name} selects best model ${(bestShare / random.bestShare).toFixed(1)}x more often than random`,
    ]),
    "Random is its exact expectation. What routing gains is below: over the best single model.",
  ];
}

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(1);

function gains({ strategies, bestSingle, bestSingleBy }: Report, first: number): readonly string[] {
  const shown = strategies.filter(({ kind }) => kind !== "always" && kind !== "best single");
  return [
    `Over the best single model (${shownName(bestSingle)}, chosen on the ${bestSingleBy}), points with paired bootstrap 95 % interval`,
    `${"".padEnd(first)}${"gain".padEnd(26)}${"gap closed".padEnd(12)}${"regret".padEnd(9)}over the category table`,
    ...shown.map(({ name, gain, gapClosed, regret, overTable, valueGain, cost }) =>
      (
        shownName(name).padEnd(first) +
        gainShort(gain).padEnd(26) +
        percent(gapClosed).padEnd(12) +
        regret.toFixed(3).padEnd(9) +
        (overTable ? gainShort(overTable) : "") +
        (valueGain ? `  with speed ${gainShort(valueGain)}` : "") +
        (cost === undefined ? "" : `  cost ${cost.toPrecision(3)}`)
      ).trimEnd(),
    ),
  ];
}

function pairs({ pairs: routed, pairChosen }: Report): readonly string[] {
  const [one] = routed;
  if (!one) return [];
  return [
    "",
    `As a router between ${shownName(one.weak)} (${one.weakQuality.toFixed(3)}) and ${shownName(one.strong)} (${one.strongQuality.toFixed(3)}), ${pairChosen}; chance has APGR 0.500`,
    ...routed.map(
      ({ name, apgr, cpt50, cpt80 }) =>
        `${name.padEnd(34)}APGR ${apgr?.toFixed(3) ?? "-"}  CPT(50%) ${percent(cpt50)}  CPT(80%) ${percent(cpt80)}`,
    ),
  ];
}

function gateLines({
  failUnder,
  failUnderLower,
  passed,
  checks,
  refusal,
}: Gate): readonly string[] {
  const wanted = [
    ...(failUnder === undefined ? [] : [`gain >= ${failUnder}`]),
    ...(failUnderLower === undefined ? [] : [`lower end >= ${failUnderLower}`]),
  ];
  return [
    `Gate (${wanted.join(", ")} points): ${passed ? "passed" : "FAILED"}${refusal ? `, because ${refusal}` : ""}`,
    ...checks.map(
      (check) =>
        `  ${check.passed ? "ok  " : "FAIL"}  ${check.name}  ${points(check.gain / 100)}, lower end ${points(check.lower / 100)}`,
    ),
  ];
}

import { domainNames } from "../domains.ts";
import { shownName } from "./console-text.ts";
import type { StrategyFigures } from "./figures.ts";
import { gainShort, percent, points, type Report } from "./report.ts";

/** report.md: figures only, no text of the data. */
export function markdownOf(report: Report): string {
  return `${[
    "# Validation",
    "",
    ...facts(report),
    ...(report.warnings.length > 0
      ? ["", "## Read this first", "", ...report.warnings.map((warning) => `- ${cell(warning)}`)]
      : []),
    ...(report.gate ? ["", ...gate(report)] : []),
    "",
    "## Strategies",
    "",
    ...strategyTable(report),
    "",
    ...(report.strategies.some(({ valueGain }) => valueGain) ? [withSpeed, ""] : []),
    "Gain, over table: points of quality, paired bootstrap 95 % interval. Gap closed: share of what the oracle gains over",
    "the best single model. Best model %: the choice is as good as the best answer, which is better than 0. Predicted: with",
    "the category that the domain classifier finds, as in production; without it, with the record's category. Random is its",
    "exact expectation.",
    "",
    "## Gain by domain, points over the best single model",
    "",
    ...domainTable(report),
    "",
    "## How often each model is chosen",
    "",
    ...shareTable(report),
    ...pairTable(report),
  ].join("\n")}\n`;
}

const withSpeed =
  "Gain with speed: of what selectors are trained on, quality and speed together, over the model that was best in that.";

function facts(report: Report): readonly string[] {
  const { data, embedder, selectors, leakage, bestSingle, bestSingleBy, table } = report;
  return [
    `- Data: \`${code(data.file)}\` (sha256 ${data.sha256}): ${data.queries} queries, ${data.models.length} models.` +
      (data.testSplit < 1 ? ` Test split ${data.testSplit} by query, seed ${data.seed}.` : ""),
    `- Left out: ${data.withoutChoice} queries with fewer than two answers, ${data.seen} that were trained on.`,
    `- Leakage: ${leakage.verdict}, looked for by ${leakage.by}.`,
    `- Embedder: ${cell(embedder.name)}, revision ${cell(embedder.revision)}. The predicted category is the record's for ${percent(report.categoryAgreement)} of the queries.`,
    `- Best single model: ${cell(bestSingle)}, chosen on the ${bestSingleBy}.`,
    ...(table
      ? [
          `- Category table: the best model of each category on the training data, shrinkage ${table.shrinkage}.`,
        ]
      : []),
    ...selectors.map(
      ({ algorithm, file, sha256 }) => `- ${algorithm}: \`${code(file)}\` (sha256 ${sha256})`,
    ),
    ...(report.date ? [`- Date: ${cell(report.date)}`] : []),
  ];
}

function gate({ gate: found }: Report): readonly string[] {
  if (!found) return [];
  return [
    `Release gate: **${found.passed ? "passed" : "failed"}**${found.refusal ? `, because ${found.refusal}` : ""}.`,
    "",
    ...found.checks.map(
      ({ name, gain, lower, passed }) =>
        `- ${cell(name)}: ${points(gain / 100)}, lower end ${points(lower / 100)}: ${passed ? "ok" : "too little"}`,
    ),
  ];
}

function strategyTable({ strategies }: Report): readonly string[] {
  const timed = strategies.some(({ latencySeconds }) => latencySeconds !== undefined);
  const priced = strategies.some(({ cost }) => cost !== undefined);
  return table(
    [
      "Strategy",
      "Avg quality",
      ...(timed ? ["Avg latency, s"] : []),
      ...(priced ? ["Avg cost"] : []),
      ...["Best model %", "Gain"],
      ...(timed ? ["Gain with speed"] : []),
      ...["Gap closed", "Regret", "Over table"],
    ],
    strategies.map((one) => [
      nameOf(one),
      one.quality.toFixed(3),
      ...(timed ? [one.latencySeconds?.toFixed(2) ?? ""] : []),
      ...(priced ? [one.cost?.toPrecision(3) ?? ""] : []),
      percent(one.bestShare),
      one.kind === "best single" ? "" : gainShort(one.gain),
      ...(timed ? [one.valueGain ? gainShort(one.valueGain) : ""] : []),
      percent(one.gapClosed),
      one.regret.toFixed(3),
      one.overTable ? gainShort(one.overTable) : "",
    ]),
  );
}

function domainTable({ strategies }: Report): readonly string[] {
  const shown = strategies.filter(({ kind }) => kind === "selector" || kind === "category table");
  const counted = strategies.find(({ kind }) => kind === "best single");
  const domains = domainNames.filter((name) => counted?.domains[name]);
  return table(
    ["Domain", "Queries", "Best single", ...shown.map(nameOf)],
    domains.map((domain) => [
      domain,
      String(counted?.domains[domain]?.queries ?? 0),
      counted?.domains[domain]?.quality.toFixed(3) ?? "",
      ...shown.map(({ domains: own }) => (own[domain] ? points(own[domain].gain) : "")),
    ]),
  );
}

function shareTable({ strategies, data: { models } }: Report): readonly string[] {
  const shown = strategies.filter(({ kind }) => kind !== "always" && kind !== "random");
  return table(
    ["Strategy", ...models],
    shown.map((one) => [nameOf(one), ...models.map((model) => percent(one.shares[model] ?? 0))]),
  );
}

function pairTable({ pairs, pairChosen }: Report): readonly string[] {
  const [one] = pairs;
  if (!one) return [];
  return [
    "",
    "## As a router between two models",
    "",
    `Weak ${cell(one.weak)} (${one.weakQuality.toFixed(3)}), strong ${cell(one.strong)} (${one.strongQuality.toFixed(3)}): ${pairChosen}. ${one.queries} queries.`,
    "RouteLLM's metrics (arXiv 2406.18665, section 3): APGR is the mean share of the quality gap that is recovered over all",
    "shares of calls to the strong model, chance has 0.5; CPT(x) is the share of calls that recovers x of the gap.",
    "",
    ...table(
      ["Selector", "APGR", "CPT(50%)", "CPT(80%)"],
      pairs.map(({ name, apgr, cpt50, cpt80 }) => [
        name,
        apgr?.toFixed(3) ?? "-",
        percent(cpt50),
        percent(cpt80),
      ]),
    ),
  ];
}

const nameOf = ({ name, kind, model }: StrategyFigures): string =>
  kind === "best single" || kind === "cheapest" ? `${name} (${model})` : name;

const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => [
  `| ${head.map(cell).join(" | ")} |`,
  `|${"---|".repeat(head.length)}`,
  ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`),
];

/** A model's name is data: it must not end a cell, a line or begin markup. */
const cell = (text: string): string =>
  shownName(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\|`*_[\]!]/g, "\\$&");

const code = (text: string): string => text.replaceAll(/[`\s]+/g, " ");

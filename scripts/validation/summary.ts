import type { StrategyFigures } from "../../src/validate/figures.ts";
import { gainShort, percent, type Report } from "../../src/validate/report.ts";
import type { Pool } from "./pools.ts";

export interface Judged {
  readonly pool: Pool;
  readonly ours: Report;
  readonly upstream: Report;
}

/** docs/validation/README.md: the figures of every pool beside each other. */
export function summaryOf(judged: readonly Judged[]): string {
  return `${[
    "# Selectors on real outcomes",
    "",
    "Made by `node scripts/validation.ts`: `signalbox train` on the train split of each pool (settings by cross-validation",
    "inside it), then `signalbox validate` once on its test split, with the built-in embedder. Beside it what",
    "vllm-project/semantic-router's recipe makes of the same training data, judged by the same command: the vote of the 5",
    "nearest rows, KMeans with 8 clusters and the model of the largest sum in each, and the SVM file as its router serves it,",
    "a count of kernel values. Figures only; the texts are the data sets' own.",
    "",
    "Upstream leaves to chance which row of the second nearest query joins the vote, and here it is that of the first model by",
    "name: where the models are few that is most of what the vote says (LLMDrift), so its figures are one draw of many. Its SVM",
    "is not trained by LIBSVM here: nearly every record becomes a support vector, so all are counted, which makes the same",
    "choice for 99 % of the queries (`scripts/validation/kernel_count.py`).",
    "",
    "- Gain: points of average quality over the best single model, which the training split chose; 95 % interval by paired",
    "  bootstrap over queries.",
    "- Over table: the same over the category table, the best model of each category on the training split with shrinkage.",
    "  It does not read the query. A selector that is not above it has learned nothing from the query that helps.",
    "- Record: with the data set's category in the feature vector. Predicted: with the one that the domain classifier",
    "  finds, which is what production does.",
    "- The command judges distinct queries. Where a data set repeats a text, its outcomes are averaged, so MMLU-Pro's 2,201",
    "  test questions are 2,123 queries here.",
    ...judged.flatMap(section),
    "",
    "## What these tables do not show",
    "",
    "- The built-in embedder is small. Other embedders were not tried on these pools.",
    "- Exam questions with right or wrong answers. Chat is another matter.",
    "- P6 has one model that is best nearly everywhere, and the data has no cost: what routing would save there is not shown.",
    "- Gain with speed (LLMDrift): of what selectors are trained on, 0.9 quality + 0.1 speed, over the model best in that.",
    "- The intervals are of this test split alone. Between two selectors, differences under a point are noise.",
    ...sources(judged),
  ].join("\n")}\n`;
}

function section({ pool, ours, upstream }: Judged): readonly string[] {
  const figure = (report: Report, kind: StrategyFigures["kind"]) =>
    report.strategies.find((one) => one.kind === kind)?.quality.toFixed(3);
  const tables = ours.strategies.filter(({ kind }) => kind === "category table");
  const timed = ours.strategies.some(({ latencySeconds }) => latencySeconds !== undefined);
  return [
    "",
    `## ${pool.name}`,
    "",
    `${ours.data.models.join(", ")}. ${ours.data.queries} queries. Random ${figure(ours, "random")}, best single (${ours.bestSingle}) ` +
      `${figure(ours, "best single")}, oracle ${figure(ours, "oracle")}. The predicted category is the record's for ` +
      `${percent(ours.categoryAgreement)}. Full reports: [ours](${pool.name}/ours.md), [upstream's recipe](${pool.name}/upstream.md).`,
    "",
    `| selector | category | quality | gain | gap closed | over table |${timed ? " gain with speed | latency, s | cost |" : ""}`,
    `|---|---|---|---|---|---|${timed ? "---|---|---|" : ""}`,
    ...tables.map((one) => row("category table", one, timed)),
    ...selectorsOf(ours).map((one) => row(`${one.algorithm}, ours`, one, timed)),
    ...selectorsOf(upstream).map((one) => row(`${one.algorithm}, upstream's recipe`, one, timed)),
    "",
    ...verdict(ours),
    ...(pool.pair ? ["", ...pairLines(ours, upstream)] : []),
  ];
}

const selectorsOf = ({ strategies }: Report): readonly StrategyFigures[] =>
  ["knn", "kmeans", "svm"].flatMap((algorithm) =>
    ["record", "predicted"].flatMap((side) =>
      strategies.filter((one) => one.algorithm === algorithm && one.category === side),
    ),
  );

const row = (name: string, one: StrategyFigures, timed: boolean): string =>
  `| ${name} | ${one.category} | ${one.quality.toFixed(3)} | ${gainShort(one.gain)} | ${percent(one.gapClosed)} | ` +
  `${one.overTable ? gainShort(one.overTable) : ""} |${timed ? ` ${one.valueGain ? gainShort(one.valueGain) : ""} | ${one.latencySeconds?.toFixed(2)} | ${one.cost?.toPrecision(3)} |` : ""}`;

/** Plainly: which of ours are above the table, which are not, which are not above the best single model. */
function verdict(report: Report): readonly string[] {
  const all = selectorsOf(report);
  const named = (some: readonly StrategyFigures[]) =>
    some.map(({ algorithm, category }) => `${algorithm} (${category})`).join(", ");
  const line = (text: string, some: readonly StrategyFigures[]) =>
    some.length > 0 ? [`- ${text}: ${named(some)}.`] : [];
  return [
    ...line(
      "Above the category table, the whole interval",
      all.filter(({ overTable }) => overTable && overTable.low > 0),
    ),
    ...line(
      "Ahead of the category table by no more than chance may give",
      all.filter(({ overTable }) => overTable && overTable.low <= 0 && overTable.mean > 0),
    ),
    ...line(
      "Not ahead of the category table, so nothing useful was learned from the query",
      all.filter(({ overTable }) => overTable && overTable.mean <= 0),
    ),
    ...line(
      "Not shown to be above the best single model",
      all.filter(({ gain }) => gain.low <= 0),
    ),
  ];
}

function pairLines(ours: Report, upstream: Report): readonly string[] {
  const [one] = ours.pairs;
  if (!one) return [];
  return [
    `RouteLLM's metrics (arXiv 2406.18665, section 3) between ${one.weak} (${one.weakQuality.toFixed(3)}) and ${one.strong}`,
    `(${one.strongQuality.toFixed(3)}); chance has APGR 0.5, CPT(50%) 50 % and CPT(80%) 80 %. RouteLLM's own routers were trained on`,
    "other data, and its published figures are on all questions, so they are no like for like comparison.",
    "",
    "| selector | category | APGR | CPT(50%) | CPT(80%) |",
    "|---|---|---|---|---|",
    ...[
      { name: "ours", pairs: ours.pairs },
      { name: "upstream's recipe", pairs: upstream.pairs },
    ].flatMap(({ name, pairs }) =>
      pairs.map(
        ({ algorithm, category, apgr, cpt50, cpt80 }) =>
          `| ${algorithm}, ${name} | ${category} | ${apgr?.toFixed(3) ?? "-"} | ${percent(cpt50)} | ${percent(cpt80)} |`,
      ),
    ),
  ];
}

const sources = (judged: readonly Judged[]): readonly string[] => [
  "",
  "## Data",
  "",
  ...[...new Set(judged.map(({ pool: { file, source } }) => `- \`${file}\`: ${source}`))],
];

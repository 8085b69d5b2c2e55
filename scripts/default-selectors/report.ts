import { type Figures, gainText } from "../../src/train/cross-validate.ts";

interface Report {
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly embedder: { readonly name: string; readonly revision: string };
  readonly results: readonly {
    readonly pool: string;
    readonly models: readonly string[];
    readonly shipped: boolean;
    readonly files: readonly { readonly file: string; readonly bytes: number }[];
    readonly bestSingle: string;
    readonly trainQueries: number;
    readonly selectors: readonly {
      readonly algorithm: string;
      readonly settings: unknown;
      readonly crossValidation?: Figures | undefined;
      readonly test?:
        | { readonly trueCategory: Figures; readonly predictedCategory: Figures }
        | undefined;
    }[];
  }[];
}

export function reportText({ provenance, embedder, results }: Report): string {
  return `${[
    "# What the default selectors gain",
    "",
    "Made by `node scripts/default-selectors.ts`; the figures are also in report.json.",
    "",
    `- Data: \`${provenance["data"]}\` (sha256 ${provenance["data_sha256"]}), ${provenance["source"]}.`,
    `- Embedder: ${embedder.name}, revision ${embedder.revision}. The question alone is embedded, without its options.`,
    "- Gain: accuracy less that of the best single model, which the train split chose. 95 % intervals: paired bootstrap.",
    "- Cross-validation: five folds inside the train split, on the folds that also chose the settings.",
    "- Test: the test split, looked at once. The category is MMLU-Pro's own, or what the domain classifier predicts.",
    ...results.flatMap((result) => ["", ...section(result)]),
  ].join("\n")}\n`;
}

function section(result: Report["results"][number]): readonly string[] {
  const { pool, shipped, models, trainQueries, bestSingle, selectors, files } = result;
  const test = selectors[0]?.test?.trueCategory;
  return [
    `## ${pool}${shipped ? ", shipped" : ", for information"}`,
    "",
    `${models.join(", ")}. Trained on ${trainQueries} distinct questions; tested on ${test?.gain.count}. ` +
      `Best single model ${bestSingle}: ${test?.bestSingle.toFixed(3)} on test; oracle ${test?.oracle.toFixed(3)}.`,
    "",
    "| selector | chosen settings | cross-validation | test, true category | test, predicted category |",
    "|---|---|---|---|---|",
    ...selectors.map(({ algorithm, settings, crossValidation, test: tested }) =>
      [
        "",
        algorithm,
        `\`${JSON.stringify(settings)}\``,
        cell(crossValidation),
        cell(tested?.trueCategory),
        cell(tested?.predictedCategory),
        "",
      ]
        .join(" | ")
        .trim(),
    ),
    ...(files.length > 0
      ? ["", ...files.map(({ file, bytes }) => `- \`${file}\`: ${(bytes / 1e6).toFixed(2)} MB`)]
      : []),
  ];
}

const cell = (figures: Figures | undefined): string =>
  figures ? `${figures.quality.toFixed(3)}, ${gainText(figures.gain)}` : "";

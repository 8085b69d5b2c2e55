import type { SelectorFile } from "./selector-folder.ts";

export interface Card {
  /** `owner/name` on the hub. */
  readonly repository: string;
  readonly selectors: readonly SelectorFile[];
  /** report.md of signalbox validate. */
  readonly validation?: string | undefined;
}

/** README.md of a repository of selectors. Its facts are read from the files and from the report. */
export function modelCard({ repository, selectors, validation }: Card): string {
  const [first] = selectors;
  const models = [...new Set(selectors.flatMap((one) => one.models))].sort();
  return [
    "---",
    "library_name: signalbox",
    "tags:",
    "- llm-routing",
    "- model-selection",
    "---",
    "",
    `# ${code(repository)}`,
    "",
    "Selectors that route a query to one of these language models, by its embedding and its domain:",
    "",
    ...models.map((model) => `- ${code(model)}`),
    "",
    "| file | algorithm | bytes | sha-256 |",
    "|---|---|---:|---|",
    ...selectors.map(
      ({ name, algorithm, bytes, sha256 }) => `| ${name} | ${algorithm} | ${bytes} | ${sha256} |`,
    ),
    "",
    ...featuresOf(first),
    "",
    "## Use",
    "",
    "```sh",
    `signalbox download --repo-id ${repository} --output-dir models/mine`,
    "# configuration: model_selection: { ml: { models_path: models/mine } }",
    "```",
    ...(validation === undefined ? notValidated : ["", nested(validation)]),
    "",
  ].join("\n");
}

function featuresOf(file: SelectorFile | undefined): readonly string[] {
  if (!file?.features) {
    return ["The files do not say for which embedder they were trained."];
  }
  const { embedder, revision, dimension, pooling, categories } = file.features;
  return [
    `Trained on vectors of ${code(embedder)} (model file ${revision}, ${dimension} numbers, ${pooling} pooling) and a`,
    `one-hot of ${categories.length} categories. With another embedder they are refused: their numbers would mean nothing.`,
  ];
}

const notValidated = [
  "",
  "No validation report was given when this was uploaded: what routing gains here is not known.",
];

/** A card that is there already, with the report at its end. */
export const withValidation = (card: string, validation: string): string =>
  `${card.trimEnd()}\n\n${nested(validation)}\n`;

/** The report is a chapter of the card: each heading one lower. */
const nested = (report: string): string => report.trimEnd().replaceAll(/^#{1,5} /gm, "#$&");

/** The name is an operator's, but a table or a fence must not end with it. */
const code = (text: string): string => `\`${text.replaceAll(/[`|\r\n]/g, " ")}\``;

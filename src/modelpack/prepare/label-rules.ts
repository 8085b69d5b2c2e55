import { RouterError } from "../../errors.ts";
import { findTask, taskNames } from "../../tasks.ts";
import type { DatasetSettings } from "../pipeline/settings.ts";
import { textIn } from "./column-text.ts";
import { idOf } from "./known-sources.ts";
import { withoutPlaceholders } from "./placeholders.ts";
import type { TableRow } from "./read-table.ts";

/** A labelled text, or pair, before it is cleaned. */
export interface Labelled {
  readonly texts: readonly [string] | readonly [string, string];
  readonly task: string;
  readonly label: string;
  /** What several rows were made of; the text, or the first of two, when it is not said. */
  readonly group?: string | undefined;
}

/** The labelled rows of a data set's row. */
export type LabelRule = (row: TableRow) => readonly Labelled[];

/**
 * How a data set's rows become labelled ones: by the columns that its settings name, else by what is known of it;
 * undefined when it only gives seeds. Throws RouterError `config_invalid` for a task or label that there is not.
 */
export const labelRule = (settings: DatasetSettings): LabelRule | undefined =>
  settings.task === undefined ? knownRules.get(idOf(settings)) : ruleOf(settings, settings.task);

function ruleOf(settings: DatasetSettings, task: string): LabelRule {
  const {
    name,
    text_field,
    text_b_field,
    label_field = "label",
    label_map,
    group_field,
  } = settings;
  const found = findTask(task);
  if (!found) {
    throw wrong(
      `data set ${name}: there is no task ${task}`,
      `The tasks are ${taskNames.join(", ")}`,
    );
  }
  const pair = found.family === "pair";
  if (pair !== (text_b_field !== undefined)) {
    const what = pair ? "needs text_field and text_b_field" : "has one text: remove text_b_field";
    throw wrong(`data set ${name}: task ${task} ${what}`, "Correct the data set's fields");
  }
  const labels = new Set(found.labels);
  const given = [
    ...(settings.label === undefined ? [] : [settings.label]),
    ...Object.values(label_map ?? {}),
  ];
  const unknown = given.find((label) => !labels.has(label));
  if (unknown !== undefined) {
    throw wrong(
      `data set ${name}: task ${task} has no label ${unknown}`,
      `Its labels are ${found.labels.join(", ")}`,
    );
  }
  return (row) => {
    const said = textIn(row, label_field) ?? "";
    const label = settings.label ?? (label_map ? label_map[said] : said);
    const a = textIn(row, text_field ?? (pair ? "text_a" : "text"));
    const b = text_b_field === undefined ? undefined : textIn(row, text_b_field);
    // What a label map leaves out is left out.
    if (a === undefined || (pair && b === undefined) || label === undefined || !labels.has(label)) {
      return [];
    }
    const group = group_field === undefined ? undefined : textIn(row, group_field);
    return [{ texts: b === undefined ? [a] : [a, b], task, label, group }];
  };
}

/** By the ids that the reference writes. */
const knownRules: ReadonlyMap<string, LabelRule> = new Map([
  ["banking77", (row) => single(textIn(row, "text"), "query_domain", "finance")],
  ["stanfordnlp/snli", inference],
  ["nyu-mll/multi_nli", inference],
  ["facebook/anli", inference],
  ["microsoft/ms_marco", passages],
  ["sentence-transformers/quora-duplicates", duplicates],
  ["ai4privacy/pii-masking-200k", personalData],
]);

const single = (text: string | undefined, task: string, label: string): readonly Labelled[] =>
  text === undefined ? [] : [{ texts: [text], task, label }];

/**
 * Premise and hypothesis. Rows without a label (-1) say nothing. Neutral pairs describe the same scene as often as not,
 * so they say nothing of scope_match; the reference takes them as no_match.
 */
function inference(row: TableRow): readonly Labelled[] {
  const [a, b] = [textIn(row, "premise"), textIn(row, "hypothesis")];
  const label = inferenceLabels.get(String(row["label"]));
  if (a === undefined || b === undefined || label === undefined) return [];
  const contradiction = label === "contradiction";
  return [
    {
      texts: [a, b],
      task: "conflict_detection",
      label: contradiction ? "conflict" : "no_conflict",
    },
    { texts: [a, b], task: "supersession", label: contradiction ? "supersedes" : "no_supersedes" },
    ...(label === "neutral"
      ? []
      : [{ texts: [a, b], task: "scope_match", label: "match" } as const]),
  ];
}

const inferenceLabels: ReadonlyMap<string, string> = new Map(
  ["entailment", "neutral", "contradiction"].flatMap((label, at) => [
    [String(at), label],
    [label, label],
  ]),
);

/** A query with its first passage that was selected and its first that was not. */
function passages(row: TableRow): readonly Labelled[] {
  const query = textIn(row, "query");
  const { is_selected: selected, passage_text: texts } = Object(row["passages"]);
  if (query === undefined || !Array.isArray(selected) || !Array.isArray(texts)) return [];
  const firstOf = (chosen: boolean): unknown =>
    texts[selected.findIndex((one) => (Number(one) === 1) === chosen)];
  return [true, false].flatMap((chosen) => related(query, firstOf(chosen), chosen));
}

function duplicates(row: TableRow): readonly Labelled[] {
  const a = textIn(row, "sentence1") ?? textIn(row, "anchor");
  const b = textIn(row, "sentence2") ?? textIn(row, "positive");
  if (a === undefined || b === undefined) return [];
  // A question stands in many pairs, on either side.
  return related(a, b, Number(row["label"]) === 1).map((one) => ({ ...one, group: b }));
}

const related = (a: string, b: unknown, yes: boolean): readonly Labelled[] =>
  typeof b !== "string" || b.trim() === ""
    ? []
    : [
        { texts: [a, b], task: "constraint_rerank", label: yes ? "relevant" : "not_relevant" },
        { texts: [a, b], task: "scope_match", label: yes ? "match" : "no_match" },
      ];

/**
 * The text as it was written is pii. Its masked twin becomes an ordinary text: with the placeholders that the reference
 * leaves in, a model learns to see brackets and nothing else.
 */
function personalData(row: TableRow): readonly Labelled[] {
  const written = textIn(row, "source_text") ?? textIn(row, "source");
  const masked = textIn(row, "target_text") ?? textIn(row, "target");
  const plain = masked === undefined ? undefined : withoutPlaceholders(masked);
  return [
    ...single(written, "pii_presence", "pii"),
    ...single(plain, "pii_presence", "no_pii").map((one) => ({ ...one, group: written })),
  ];
}

const wrong = (detail: string, remedy: string): RouterError =>
  new RouterError("config_invalid", detail, remedy);

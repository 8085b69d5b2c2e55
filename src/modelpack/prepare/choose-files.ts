import { readYaml } from "../../config/yaml.ts";
import { fitsGlob } from "./glob.ts";

/** Part of a data set's rows, as `train`, `train[:1000]` or `train[:10%]`. */
export interface SplitRange {
  readonly split: string;
  readonly rows?: number;
  readonly percent?: number;
}

/** Undefined for a form that is not known. */
export function parseSplit(text: string): SplitRange | undefined {
  const [, split, end, percent] = /^([\w.-]+)(?:\[:(\d+)(%?)\])?$/.exec(text) ?? [];
  if (split === undefined) return undefined;
  if (end === undefined) return { split };
  return percent ? { split, percent: Number(end) } : { split, rows: Number(end) };
}

const dataForm = /\.(?:parquet|jsonl|ndjson|json|csv|tsv)(?:\.gz)?$/i;

export const isData = (path: string): boolean => dataForm.test(path) && !/(?:^|\/)\./.test(path);

/** What a data set's card says in its head. */
export interface Card {
  /** All of them, when there are several. */
  readonly license?: string;
  readonly configs: readonly CardConfig[];
}

interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Patterns of paths by split. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** Reads the head of a README.md. What is not as the hub describes it counts as not said. */
export function readCard(readme: string): Card {
  const [, head] = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(readme) ?? [];
  const read = head === undefined ? undefined : readYaml(head);
  const tree = read && "tree" in read ? record(read.tree) : {};
  const licenses = list(tree["license"]).filter((one) => typeof one === "string");
  return {
    ...(licenses.length > 0 && { license: licenses.join(" and ").toLowerCase() }),
    configs: list(tree["configs"]).flatMap(configOf),
  };
}

function configOf(value: unknown): CardConfig[] {
  const { config_name: name, data_files: files, default: isDefault } = record(value);
  if (typeof name !== "string") return [];
  const bySplit: Record<string, string[]> = {};
  for (const one of list(files)) {
    if (typeof one === "string") bySplit["train"] = [...(bySplit["train"] ?? []), one];
    const { split, path } = record(one);
    if (typeof split !== "string") continue;
    bySplit[split] = list(path).filter((each) => typeof each === "string");
  }
  return [{ name, isDefault: isDefault === true, files: bySplit }];
}

/**
 * The files of a repository that hold a split of a configuration: those that the card names; without it, by the
 * conventions of the hub (`config/split-*`, `data/split-*`, `split.*`); and when no name tells a split, all data files
 * are `train`. In order of their names; empty when there are none.
 */
export function chooseFiles(
  paths: readonly string[],
  card: Card,
  config: string,
  split: string,
): readonly string[] {
  const data = paths.filter(isData).toSorted();
  const named = card.configs.find(({ name }) => name === config);
  const usual = card.configs.find(({ isDefault }) => isDefault) ?? card.configs[0];
  const patterns = (config === "" ? usual : named)?.files[split];
  if (patterns)
    return data.filter((path) =>
      patterns.some((pattern) => fitsGlob(pattern.replace(/^\.\//, ""), path)),
    );
  // A folder of the configuration's name has its files; none has: it is a name without meaning here.
  const inside = data.filter((path) => config !== "" && path.split("/").includes(config));
  const pool = inside.length > 0 || (config !== "" && named) ? inside : data;
  const ofSplit = pool.filter((path) => splitIn(path) === split || wordIn(path, split));
  if (ofSplit.length > 0) return ofSplit;
  return split === "train" && pool.every((path) => splitIn(path) === undefined) ? pool : [];
}

const splitWords: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  test: "test",
  testing: "test",
  validation: "validation",
  valid: "validation",
  val: "validation",
  dev: "validation",
};

const words = (path: string): readonly string[] => path.toLowerCase().split(/[^a-z0-9]+/);

/** The split that a path names by the last word that is one. */
const splitIn = (path: string): string | undefined =>
  words(path)
    .map((word) => (Object.hasOwn(splitWords, word) ? splitWords[word] : undefined))
    .findLast((found) => found !== undefined);

/** Names such as `train_r3` or `train_sft`. */
const wordIn = (path: string, split: string): boolean =>
  new RegExp(`(?:^|[^a-z0-9])${split.replace(/[^\w]/g, "\\$&")}(?:[^a-z0-9_]|$)`, "i").test(path);

const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

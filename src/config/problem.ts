/** Keys and indices from the root of the file to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, or doubtful, in a configuration. */
export interface Problem {
  readonly path: Path;
  /** What is wrong and, where it is not plain, what to do; without a full stop. */
  readonly message: string;
}

/** A problem as a reader meets it. */
export interface LocatedProblem {
  /** As `pathText` writes it; empty for the file as a whole. */
  readonly path: string;
  /** In the file, from 1; absent when the file is not YAML at all. */
  readonly line?: number | undefined;
  readonly message: string;
}

/** `decisions[2].modelRefs[0].model`; keys that are no plain words are quoted: `model_config["gpt-4.1"]`. */
export function pathText(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[A-Za-z_]\w*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join("");
}

/** One line, in the form that editors and terminals turn into a link: `file.yaml:12: path: message`. */
export const problemText = ({ path, line, message }: LocatedProblem, source: string): string =>
  [line === undefined ? source : `${source}:${line}`, path, message].filter(Boolean).join(": ");

/** `a, b or c` */
export function either(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

import { numberOf, sameNumber } from "./numbers.ts";

const articles = new Set(["a", "an", "the"]);
const stopwords = new Set("the a an is are was were of in to and or".split(" "));

const word =
  /(?:(?<![\p{L}\p{N})]|[\p{N})]\s{1,3})-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?![\p{L}\p{N}])|[\p{L}\p{N}\p{M}]+/gu;

/** Words and numbers in lower case; a number keeps its sign and its decimal point, and loses commas between thousands. */
export const wordsOf = (text: string): string[] =>
  (
    text
      .normalize("NFKC")
      .toLowerCase()
      .replace(/['’](?=s\b)/gu, "")
      .match(word) ?? []
  ).map((found) => found.replaceAll(",", ""));

const sameWord = (a: string, b: string): boolean => {
  if (a === b) return true;
  const [left, right] = [numberOf(a), numberOf(b)];
  return left !== undefined && right !== undefined && sameNumber(left, right);
};

/** Whether the words stand in the response next to each other and in order. */
function contains(response: readonly string[], wanted: readonly string[]): boolean {
  for (let from = 0; from + wanted.length <= response.length; from++) {
    if (wanted.every((word, at) => sameWord(response[from + at] as string, word))) return true;
  }
  return false;
}

/** Contained exact match: 1 when the truth's words stand in the response, articles aside. */
export function scoreContained(response: string, truth: string): number {
  const [found, wanted] = [response, truth].map((text) =>
    wordsOf(text).filter((word) => !articles.has(word)),
  ) as [string[], string[]];
  if (wanted.length > 0) return contains(found, wanted) ? 1 : 0;
  // Nothing but signs or articles: then these are what is asked for.
  const sign = truth.trim().toLowerCase();
  const words = wordsOf(sign);
  if (words.length > 0) return contains(wordsOf(response), words) ? 1 : 0;
  return response.includes(sign) ? 1 : 0;
}

/** F1 of the two sets of words without stopwords; 1 when a truth of one or two words stands in the response. */
export function scoreF1(response: string, truth: string): number {
  const [found, wanted] = [wordsOf(response), wordsOf(truth)];
  if (wanted.length === 0) return response.trim() === truth.trim() ? 1 : 0;
  if (wanted.length <= 2 && contains(found, wanted)) return 1;
  const [left, right] = [found, wanted].map(meaningful) as [Set<string>, Set<string>];
  const common = [...right].filter((word) => left.has(word)).length;
  return common === 0 ? 0 : (2 * common) / (left.size + right.size);
}

/** Without stopwords, unless there is nothing else. */
function meaningful(words: readonly string[]): Set<string> {
  const rest = words.filter((word) => !stopwords.has(word));
  return new Set(rest.length > 0 ? rest : words);
}

/** The share of the truth's words (between commas) that the response uses, in a regular form of each. */
export function scoreCoverage(response: string, truth: string): number | undefined {
  const concepts = truth
    .split(",")
    .map(wordsOf)
    .filter((words) => words.length > 0);
  if (concepts.length === 0) return undefined;
  const used = wordsOf(response);
  const covered = concepts.filter((words) =>
    words.length === 1
      ? forms(words[0] as string).some((form) => used.includes(form))
      : contains(used, words),
  );
  return covered.length / concepts.length;
}

/** The regular English endings. "care" is no form of "car", and "ran" is not found for "run". */
function forms(word: string): readonly string[] {
  const endings = ["", "s", "es", "d", "ed", "ing", "er", "ers"].map((ending) => word + ending);
  const last = word.at(-1) ?? "";
  const dropped = word.slice(0, -1);
  if (last === "e") return [...endings, `${dropped}ing`];
  if (last === "y") return [...endings, `${dropped}ies`, `${dropped}ied`, `${dropped}ier`];
  const doubled = /[^aeiou][aeiou][^aeiouwxy]$/.test(word) ? word + last : undefined;
  return doubled ? [...endings, `${doubled}ed`, `${doubled}ing`, `${doubled}er`] : endings;
}

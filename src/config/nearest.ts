/** A slip in a longer word is not worth its quadratic comparison. */
const maxLength = 100;

/** The candidate that `word` was probably meant to be: another spelling, an abbreviation, or a slip of the keyboard. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = simplified(word);
  if (plain === "" || plain.length > maxLength) return undefined;
  const spelt = candidates.find((candidate) => simplified(candidate) === plain);
  if (spelt !== undefined) return spelt;
  const short = candidates.find((candidate) => abbreviates(plain, simplified(candidate)));
  if (short !== undefined) return short;
  // Up to a third of the letters. Of one or two letters anything is a slip of anything.
  const limit =
    plain.length < 3 ? 0 : Math.max(plain.length < 6 ? 1 : 2, Math.floor(plain.length / 3));
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplified(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** ` (did you mean 'x'?)`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? "" : ` (did you mean '${candidate}'?)`;
}

const simplified = (word: string): string =>
  word
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** `comp sci` and `cs` for `computer science`, `mathematics` for `math`. */
function abbreviates(word: string, candidate: string): boolean {
  const words = word.split(" ");
  const others = candidate.split(" ");
  if (others.length > 1 && word === others.map((other) => other[0]).join("")) return true;
  const longEnough = (prefix: string) => prefix.length >= 3;
  return (
    words.length === others.length &&
    words.every((part, i) => {
      const other = others[i] ?? "";
      return (
        (longEnough(part) && other.startsWith(part)) ||
        (longEnough(other) && part.startsWith(other))
      );
    })
  );
}

/** Insertions, deletions, replacements, and swaps of neighbours: the optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, (older[j - 2] ?? 0) + 1);
      row.push(distance);
    }
    older = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

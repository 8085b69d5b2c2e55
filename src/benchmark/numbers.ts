/** Two numbers that differ by less than this share of the larger are the same, written with other digits. */
const tolerance = 1e-6;

export const sameNumber = (a: number, b: number): boolean =>
  Number.isFinite(a - b) && Math.abs(a - b) <= tolerance * Math.max(1e-9, Math.abs(a), Math.abs(b));

/** Thousands in groups of three, or digits in any number; a decimal part; a power of ten. A minus only where no operand stands before it. */
const numeral =
  /(?<![\w.])(?:(?<![\w)]|[\d)]\s{1,3})[-−])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:(?<=\d)\.\d+|(?<!\d)\.\d+)?(?:(?<=\d)[eE][+-]?\d+)?(?![\d])/g;

/** Every number that a text holds, in order. "1,234.50" is one number, "1, 2" are two, "v2" is none. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(numeral)]
    .map(([found]) => found)
    .filter((found) => /\d/.test(found))
    .map((found) => Number(found.replace(/,/g, "").replace("−", "-")));
}

/** The number that a text is, with a currency sign before or a percent sign after; else undefined. */
export function numberOf(text: string): number | undefined {
  const bare = text
    .trim()
    .replace(/^([-−+]?)\s*[$€£]\s*/, "$1")
    .replace(/\s*%$/, "")
    .replace(/\.$/, "")
    .replace("−", "-");
  if (!/^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(bare)) return undefined;
  if (!/\d/.test(bare)) return undefined;
  return Number(bare.replace(/,/g, ""));
}

/** Token ids of a text, the same for the same number. */
export const textRow = (tokens: number, number: number): number[] =>
  Array.from({ length: tokens }, (_, at) => 1 + ((number * 7919 + at * 104_729) % 3999));

export const asWords = (rows: readonly (readonly number[])[]): string =>
  rows.map((ids) => ids.join(",")).join(" ");

import { type Figures, gainText } from "./cross-validate.ts";
import type { Fitted } from "./fit-selectors.ts";
import type { Statistics } from "./statistics.ts";

/** What the cross-validation found, a line a selector. */
export function crossValidationText(selectors: readonly Fitted[], statistics: Statistics): string {
  const best = statistics.models[0];
  const lines = selectors.map(({ artifact: { algorithm }, settings, figures }) => {
    const found = figures
      ? `${figures.quality.toFixed(3)}  ${gainText(figures.gain)}`
      : "too few queries to cross-validate";
    const value = figures?.valueGain ? `; with speed ${gainText(figures.valueGain)}` : "";
    return `  ${algorithm.padEnd(7)}${found}${value}  ${JSON.stringify(settings)}`;
  });
  const figures = selectors.find((selector) => selector.figures)?.figures;
  const reference = figures
    ? [
        `  best single model ${figures.bestSingle.toFixed(3)} (${best?.name}), oracle ${figures.oracle.toFixed(3)}` +
          (figures.table === undefined ? "" : `, category table ${figures.table.toFixed(3)}`),
      ]
    : [];
  return [
    "Cross-validation: quality, gain over the best single model with 95 % interval, settings",
    ...reference,
    ...lines,
    ...selectors.flatMap(({ artifact: { algorithm }, figures: one }) => {
      if (!one?.overTable || beatsTable(one)) return [];
      const over = gainText(one.overTable);
      return [
        one.overTable.mean > 0
          ? `  ${algorithm} is ahead of the category table by ${over}, which may be chance`
          : `  ${algorithm} does not beat the category table (${over}): nothing shows that it learned from the query more than its category`,
      ];
    }),
  ].join("\n");
}

/** In cross-validation, by more than chance may give. Undefined where there was none. */
export const beatsTable = ({ overTable }: Pick<Figures, "overTable">): boolean | undefined =>
  overTable && overTable.low > 0;

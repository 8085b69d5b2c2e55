import { gainText } from "./cross-validate.ts";
import type { TrainedSelectors } from "./train-selectors.ts";

/** What the cross-validation found, a line a selector. */
export function crossValidationText({ selectors, statistics }: TrainedSelectors): string {
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
        `  best single model ${figures.bestSingle.toFixed(3)} (${best?.name}), oracle ${figures.oracle.toFixed(3)}`,
      ]
    : [];
  return [
    "Cross-validation: quality, gain over the best single model with 95 % interval, settings",
    ...reference,
    ...lines,
  ].join("\n");
}

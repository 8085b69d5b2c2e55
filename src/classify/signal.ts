import type { DomainConfidence } from "./domain.ts";

/** One fact about a request. Conditions of a decision name signals. */
export interface Signal {
  /** `domain`, or a task of the model pack. */
  readonly type: string;
  readonly name: string;
  /** Calibrated probability, 0 to 1. */
  readonly confidence: number;
}

/**
 * The domain to route on comes first: the most likely one, or the fallback category when that is less likely than
 * the threshold, so that a catch-all decision catches what is uncertain. After it, every category of the
 * configuration that lists this domain in `mmlu_categories`.
 */
export function domainSignals(
  domains: readonly DomainConfidence[],
  {
    threshold,
    fallback_category,
  }: { readonly threshold: number; readonly fallback_category: string },
  categories: readonly {
    readonly name: string;
    readonly mmlu_categories?: readonly string[] | undefined;
  }[],
): readonly [Signal, ...Signal[]] {
  const top = domains[0];
  if (!top) throw new Error("unreachable: a classifier names every domain");
  const name = top.confidence >= threshold ? top.name : fallback_category;
  const { confidence } = top;
  const aliases = categories.filter(
    (category) => category.name !== name && category.mmlu_categories?.includes(name),
  );
  return [
    { type: "domain", name, confidence },
    ...aliases.map((category) => ({ type: "domain" as const, name: category.name, confidence })),
  ];
}

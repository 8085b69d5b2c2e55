import { createHash } from "node:crypto";

/** What a mock LLM is good at. */
export interface Skill {
  /** Share of the questions of a domain that it answers right, 0 to 1. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** Of a domain that `accuracy` does not name. */
  readonly otherwise: number;
  readonly latencyMs: number;
  /** Domain of a question; undefined for one that no benchmark asks. */
  readonly domainOf: (query: string) => string | undefined;
}

export const rightAnswer = "right";
export const wrongAnswer = "wrong";

/** The answer of a model that nothing is said of. */
export const greeting = (model: string): string => `${model} at your service`;

/** The same model always answers the same question alike: a draw from a hash, not from a clock. */
export function solve(
  { accuracy, otherwise, latencyMs, domainOf }: Skill,
  model: string,
  query: string,
): { readonly answer: string; readonly latencyMs: number } {
  const chance = accuracy[domainOf(query) ?? ""] ?? otherwise;
  const right = draw(`${model}\0${query}`) < chance;
  // A fifth more or less, so that latencies differ from one question to the next as real ones do.
  const spread = 0.8 + 0.4 * draw(`latency\0${model}\0${query}`);
  return {
    answer: right ? rightAnswer : wrongAnswer,
    latencyMs: Math.round(latencyMs * spread),
  };
}

/** A number from 0 to below 1, always the same one for the same text. */
export const draw = (text: string): number =>
  createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;

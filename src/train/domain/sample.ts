import type { DomainName } from "../../domains.ts";

/** Where a text comes from; each has its weight in training and its own figures in the report. */
export type SourceName = "mmlu-pro" | "mmlu" | "public-chat" | "own-chat" | "terms";

export interface Sample {
  readonly text: string;
  readonly domain: DomainName;
  readonly source: SourceName;
  /** Of a file that was split before; what is ours is all for training. */
  readonly split: "train" | "test";
  readonly language: string;
  /** `short`, `casual` ... for our own; the collection it comes from for public chat. */
  readonly kind: string;
}

export const isExam = (source: SourceName): boolean => source === "mmlu-pro" || source === "mmlu";

/** MMLU-Pro's categories in alphabetical order: the labels of the domain classifier, and our one-hot order. */
export const domainNames = [
  "biology",
  "business",
  "chemistry",
  "computer science",
  "economics",
  "engineering",
  "health",
  "history",
  "law",
  "math",
  "other",
  "philosophy",
  "physics",
  "psychology",
] as const;

export type DomainName = (typeof domainNames)[number];

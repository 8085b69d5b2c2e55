import { domainNames } from "./domains.ts";

/** Tasks of one family read the same kind of text and share a vocabulary and a model file. */
export const families = ["router", "extractor", "pair"] as const;
export type Family = (typeof families)[number];

export interface Task {
  readonly name: string;
  readonly family: Family;
  /** As declared by the reference; the order of the weights' columns. */
  readonly labels: readonly string[];
  /**
   * What is said when no model of the task is there: the label on which nothing is done, changed or hidden. It comes
   * with confidence 0 and is marked as a default.
   */
  readonly fallback: string;
  /** Ours, not the reference's: prepared and trained only where rows of it are given. */
  readonly optional?: true;
}

const topics = ["general", "food", "travel", "finance", "health", "work", "tech", "social"];
const bins = ["low", "medium", "high"];

const task = (
  family: Family,
  name: string,
  labels: readonly string[],
  fallback: string,
  optional?: true,
): Task => ({ name, family, labels, fallback, ...(optional && { optional }) });

const memoryTypes = [
  ...["episodic_event", "semantic_fact", "preference", "constraint", "procedure", "hypothesis"],
  ...["task_state", "conversation", "message", "tool_result", "reasoning_step", "scratch"],
  ...["knowledge", "observation", "plan"],
];
const intents = ["constraint_check", "tool_query", "planning", "factual", "conversation"];
const dimensions = ["policy", "goal", "value", "causal", "state"];
const decay = ["very_fast", "fast", "medium", "slow", "very_slow"];
const constraints = [...dimensions, "preference", "constraint_other", "none"];
const facts = ["none", "other_fact", "preference", "identity", "location", "occupation"];

/** The reference's 18 tasks, and one of ours: the 14 domains on which the router decides. */
export const tasks: readonly Task[] = [
  task("router", "memory_type", memoryTypes, "message"),
  task("router", "query_intent", intents, "factual"),
  task("router", "query_domain", topics, "general"),
  task("router", "constraint_dimension", [...dimensions, "other"], "other"),
  task("router", "context_tag", topics, "general"),
  task("router", "salience_bin", bins, "medium"),
  task("router", "importance_bin", bins, "medium"),
  task("router", "confidence_bin", bins, "medium"),
  task("router", "decay_profile", decay, "medium"),
  task("router", "mmlu_domain", domainNames, "other", true),
  task("extractor", "constraint_type", constraints, "none"),
  task("extractor", "constraint_scope", ["none", ...topics], "none"),
  task("extractor", "constraint_stability", ["stable", "semi_stable", "volatile"], "semi_stable"),
  task("extractor", "fact_type", facts, "none"),
  task("extractor", "pii_presence", ["pii", "no_pii"], "no_pii"),
  task("pair", "conflict_detection", ["conflict", "no_conflict"], "no_conflict"),
  task("pair", "constraint_rerank", ["relevant", "not_relevant"], "not_relevant"),
  task("pair", "scope_match", ["match", "no_match"], "no_match"),
  task("pair", "supersession", ["supersedes", "no_supersedes"], "no_supersedes"),
];

export const tasksOf = (family: Family): readonly Task[] =>
  tasks.filter((one) => one.family === family);

export const findTask = (name: string): Task | undefined => tasks.find((one) => one.name === name);

export const taskNames: readonly string[] = tasks.map(({ name }) => name);

/** A label of a task in one word, as the reference's files write it. */
export const labelKey = (task: string, label: string): string => `${task}::${label}`;

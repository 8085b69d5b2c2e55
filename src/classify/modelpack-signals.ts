import type { Signal } from "./signal.ts";
import type { TaskAnswers } from "./task-answers.ts";

/** What the model pack says of one query, asked when a condition wants to know it. */
export interface TaskSignals {
  /** The signal that a condition on a task names; undefined when another label is likelier, or none sure enough. */
  find(task: string, label: string): Signal | undefined;
  /** The likeliest label of every task that was asked so far, sure or not. */
  asked(): readonly Signal[];
}

/** Each task is asked once a query. */
export function taskSignals(
  pack: TaskAnswers | undefined,
  query: string,
  threshold: number,
): TaskSignals {
  const known = new Map<string, Signal>();
  let read: ReturnType<TaskAnswers["read"]> | undefined;
  return {
    find(task, label) {
      if (!pack) return undefined;
      let signal = known.get(task);
      if (!signal) {
        read ??= pack.read(query);
        const { label: name, confidence, source } = read(task);
        if (source === "default") return undefined;
        signal = { type: task, name: name ?? "", confidence };
        known.set(task, signal);
      }
      return signal.name === label && signal.confidence >= threshold ? signal : undefined;
    },
    asked: () => [...known.values()],
  };
}

/** What is said of one text and task. */
interface Answer {
  /** null when no label is likely enough. */
  readonly label: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** The likeliest labels, best first. */
  readonly top: readonly { readonly label: string; readonly confidence: number }[];
  /** `default`: there is no model of the task, or no text. */
  readonly source: "model" | "default";
}

/** As much of a model pack as classifying asks for. */
export interface TaskAnswers {
  /** By task, of those that have a model. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly revisions: { readonly router?: string | undefined };
  /** The text is read once for all tasks. */
  read(text: string): (task: string) => Answer;
  predict(task: string, text: string, options: { readonly topK: number }): Answer;
}

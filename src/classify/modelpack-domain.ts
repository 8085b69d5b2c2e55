import { type DomainName, domainNames } from "../domains.ts";
import { RouterError } from "../errors.ts";
import type { DomainClassifier } from "./domain.ts";
import type { TaskAnswers } from "./task-answers.ts";

export const domainTask = "mmlu_domain";

/**
 * The domains of a model pack's task mmlu_domain instead of the built-in head. A domain that it was not trained on has
 * confidence 0; of a text that it cannot read all are equally likely. RouterError `model_not_found` without the task.
 */
export function modelPackDomains(pack: TaskAnswers): DomainClassifier {
  if (!pack.labels.has(domainTask)) {
    throw new RouterError(
      "model_not_found",
      `pretrained model not found: modelpack.path has no model of task ${domainTask}, which classifier.category_model.provider asks for`,
      "Train it with signalbox modelpack train, or set provider: built-in",
    );
  }
  const uniform = domainNames.map((name) => ({ name, confidence: 1 / domainNames.length }));
  return {
    revision: pack.revisions.router ?? "",
    classify(text) {
      const { top, source } = pack.predict(domainTask, text, { topK: domainNames.length });
      if (source === "default") return uniform;
      const said = top.map(({ label, confidence }) => ({ name: label as DomainName, confidence }));
      const unsaid = domainNames.filter((name) => !said.some((one) => one.name === name));
      return [...said, ...unsaid.map((name) => ({ name, confidence: 0 }))];
    },
  };
}

import type { Decision, RouterConfig } from "./schema.ts";

/** Decisions that need a selector: with one model, or with algorithm static, there is nothing to select. */
export const selectingDecisions = ({ model_selection, decisions }: RouterConfig): Decision[] =>
  model_selection.enabled
    ? decisions.filter(
        ({ algorithm, modelRefs }) => algorithm.type !== "static" && modelRefs.length > 1,
      )
    : [];

import { RouterError } from "../../errors.ts";
import { answerOf } from "../../modelpack/predict-request.ts";
import type { Router } from "../../router.ts";
import { type Answer, failure, ok } from "./http.ts";

/** A request of more would hold the thread for longer than routing may wait. */
const maxInputs = 256;

/**
 * POST /api/v1/modelpack/predict: one request of `answerOf`, or `{"inputs": [...]}` of them, whose task, top_k and
 * threshold stand beside `inputs` where they do not have their own.
 */
export async function modelPackPredict(
  { modelpack }: Router,
  body: Record<string, unknown>,
): Promise<Answer> {
  if (!modelpack) {
    return failure(404, "MODELPACK_NOT_CONFIGURED", "the configuration names no modelpack.path");
  }
  const { inputs, ...common } = body;
  if (inputs === undefined) return answered(() => answerOf(modelpack, body));
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isObject)) {
    return failure(400, "INVALID_INPUT", "inputs must be an array of objects that is not empty");
  }
  if (inputs.length > maxInputs) {
    return failure(400, "INVALID_INPUT", `inputs may hold ${maxInputs} at most`);
  }
  return answered(() => ({
    outputs: inputs.map((input) => answerOf(modelpack, { ...common, ...input })),
  }));
}

function answered(answer: () => unknown): Answer {
  try {
    return ok(answer());
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    if (code === "invalid_request") return failure(400, "INVALID_INPUT", `${detail}. ${remedy}`);
    return failure(500, "PREDICTION_ERROR", "a fault of signalbox itself");
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

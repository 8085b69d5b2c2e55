import { setImmediate as turn } from "node:timers/promises";
import { RouterError } from "../../errors.ts";
import { answerOf } from "../../modelpack/predict-request.ts";
import type { Router } from "../../router.ts";
import { type Answer, failure, ok } from "./http.ts";

/** Whole answers of all of them are held until the last; a client with more sends several requests. */
const maxInputs = 32;

/**
 * POST /api/v1/modelpack/predict: one request of `answerOf`, or `{"inputs": [...]}` of them, whose task, top_k and
 * threshold stand beside `inputs` where they do not have their own. A task is asked once for each input.
 */
export async function modelPackPredict(
  { modelpack }: Router,
  body: Record<string, unknown>,
): Promise<Answer> {
  if (!modelpack) {
    return failure(404, "MODELPACK_NOT_CONFIGURED", "the configuration names no modelpack.path");
  }
  const { inputs, ...common } = body;
  if (inputs === undefined) return answered(async () => answerOf(modelpack, eachTaskOnce(body)));
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isObject)) {
    return failure(400, "INVALID_INPUT", "inputs must be an array of objects that is not empty");
  }
  if (inputs.length > maxInputs) {
    return failure(400, "INVALID_INPUT", `inputs may hold ${maxInputs} at most`);
  }
  return answered(async () => {
    const outputs = [];
    for (const input of inputs) {
      // Routing runs on this thread too: it waits for one input, not for all.
      if (outputs.length > 0) await turn();
      outputs.push(answerOf(modelpack, eachTaskOnce({ ...common, ...input })));
    }
    return { outputs };
  });
}

/** A name a hundred times would be the work and the answer of a hundred requests. */
function eachTaskOnce(request: Record<string, unknown>): Record<string, unknown> {
  const { tasks } = request;
  if (!Array.isArray(tasks) || new Set(tasks).size === tasks.length) return request;
  throw new RouterError("invalid_request", "tasks names a task twice", "Name each task once");
}

async function answered(answer: () => Promise<unknown>): Promise<Answer> {
  try {
    return ok(await answer());
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    if (code === "invalid_request") return failure(400, "INVALID_INPUT", `${detail}. ${remedy}`);
    return failure(500, "PREDICTION_ERROR", "a fault of signalbox itself");
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

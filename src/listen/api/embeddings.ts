import { RouterError } from "../../errors.ts";
import type { Router } from "../../router.ts";
import { type Answer, failure, ok } from "./http.ts";

const dimensions = [64, 128, 256, 512, 768, 1024];
const maxTexts = 256;

/** POST /api/v1/embeddings: `{texts, model?, dimension?}`; a shorter dimension is cut and normalised again. */
export async function embeddings(router: Router, body: Record<string, unknown>): Promise<Answer> {
  const { texts, model = "auto", dimension = 1024 } = body;
  if (
    !Array.isArray(texts) ||
    texts.length === 0 ||
    texts.some((text) => typeof text !== "string")
  ) {
    return failure(400, "INVALID_INPUT", "texts must be an array of strings that is not empty");
  }
  if (texts.length > maxTexts)
    return failure(400, "INVALID_INPUT", `texts may hold ${maxTexts} at most`);
  const { name } = router.embedder;
  if (model !== "auto" && model !== name) {
    return failure(400, "INVALID_INPUT", `model must be auto or ${name}, which is the one loaded`);
  }
  if (typeof dimension !== "number" || !dimensions.includes(dimension)) {
    return failure(400, "INVALID_INPUT", `dimension must be one of ${dimensions.join(", ")}`);
  }
  const started = performance.now();
  try {
    const embedded = await router.embedder.embed(texts as string[]);
    const totalMs = performance.now() - started;
    return ok({
      embeddings: embedded.map(({ vector }, at) => ({
        text: texts[at],
        embedding: Array.from(cut(vector, dimension)),
        dimension,
        model_used: name,
        processing_time_ms: Math.round(totalMs / texts.length),
      })),
      total_count: texts.length,
      total_processing_time_ms: Math.round(totalMs),
      avg_processing_time_ms: totalMs / texts.length,
    });
  } catch (thrown) {
    return failure(503, "EMBEDDING_ERROR", RouterError.from(thrown).detail);
  }
}

function cut(vector: Float32Array, dimension: number): Float32Array {
  if (dimension >= vector.length) return vector;
  const head = vector.slice(0, dimension);
  const norm = Math.hypot(...head);
  return norm > 0 ? head.map((value) => value / norm) : head;
}

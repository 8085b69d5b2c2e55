/**
 * The package's face: trained selectors, without the router.
 *
 *     const selector = knnFromJSON(await readFile("knn_model.json", "utf8"));
 *     const { model } = selector.select(features);
 */
export { type ErrorCode, RouterError } from "./errors.ts";
export {
  type LabelConfidence,
  type ModelPack,
  openModelPack,
  type Prediction,
  type PredictOptions,
  type Reader,
} from "./modelpack/open-model-pack.ts";
export {
  kmeansFromJSON,
  knnFromJSON,
  svmFromJSON,
  type TrainedSelector,
} from "./select/from-json.ts";
export type { Score, Selection } from "./select/selector.ts";

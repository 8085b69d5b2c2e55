import { isMapping, type Tree } from "./tree.ts";

/** Keys of the reference's configuration that belong to features signalbox does not have: listed once, then ignored. */
export const unsupportedKeys: readonly string[] = [
  // Caches, guards and stores
  "semantic_cache",
  "prompt_guard",
  "hallucination_mitigation",
  "feedback_detector",
  "response_api",
  "router_replay",
  "memory",
  "vector_store",
  "authz",
  "ratelimit",
  // Other ways to answer or to change a request
  "tools",
  "looper",
  "image_generation",
  "modality_detector",
  "prompt_compression",
  "provider_profiles",
  "reasoning_families",
  "default_reasoning_effort",
  "auto_model_names",
  "skip_processing",
  "streamed_body_mode",
  "max_streamed_body_bytes",
  "streamed_body_timeout_sec",
  "decisions[].plugins",
  // The reference's servers and models
  "api",
  "listeners",
  "batch_classification",
  "startup_status",
  "external_models",
  "mom_registry",
  "bert_model",
  "mcp",
  "complexity_model",
  "classifier.pii_model",
  "classifier.preference_model",
  "classifier.mcp_category_model",
  "classifier.jailbreak_model",
  "classifier.complexity_model",
  "embedding_models.gemma_model_path",
  "embedding_models.mmbert_model_path",
  "embedding_models.multimodal_model_path",
  "embedding_models.bert_model_path",
  "embedding_models.hnsw_config",
  "embedding_models.embedding_config",
  // Signals other than the domain
  "keyword_rules",
  "embedding_rules",
  "fact_check_rules",
  "user_feedback_rules",
  "reask_rules",
  "preference_rules",
  "language_rules",
  "latency_rules",
  "context_rules",
  "structure_rules",
  "complexity_rules",
  "modality_rules",
  "role_bindings",
  "jailbreak",
  "pii",
  // Algorithms other than knn, kmeans and svm
  "decisions[].modelSelectionAlgorithm",
  "decisions[].algorithm.mlp",
  "decisions[].algorithm.elo",
  "decisions[].algorithm.router_dc",
  "decisions[].algorithm.automix",
  "decisions[].algorithm.hybrid",
  "decisions[].algorithm.rl_driven",
  "decisions[].algorithm.gmtrouter",
  "decisions[].algorithm.latency_aware",
  "decisions[].algorithm.confidence",
  "decisions[].algorithm.ratings",
  "decisions[].algorithm.remom",
  "decisions[].algorithm.fusion",
  "decisions[].algorithm.workflows",
  "model_selection.ml.mlp",
  "model_selection.elo",
  "model_selection.router_dc",
  "model_selection.automix",
  "model_selection.hybrid",
  "model_selection.rl_driven",
  "model_selection.gmtrouter",
  // Observability
  "observability.metrics.windowed_metrics",
];

/** A copy without the unsupported keys, and which of them the file had. */
export function withoutUnsupported(tree: Tree): { tree: Tree; ignored: readonly string[] } {
  const ignored = new Set<string>();
  function copy(value: Tree, place: string): Tree {
    if (Array.isArray(value)) return value.map((item) => copy(item, `${place}[]`));
    if (!isMapping(value)) return value;
    const kept: [string, Tree][] = [];
    for (const [key, child] of Object.entries(value)) {
      const childPlace = place === "" ? key : `${place}.${key}`;
      if (unsupportedKeys.includes(childPlace)) ignored.add(childPlace);
      else kept.push([key, copy(child, childPlace)]);
    }
    return Object.fromEntries(kept);
  }
  return { tree: copy(tree, ""), ignored: [...ignored] };
}

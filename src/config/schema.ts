import { z } from "zod";

/**
 * What an operator writes. Flat, as vllm-project/semantic-router's configuration of early 2026, so that its files load
 * here; what is ours alone stands under `limits`. Strict: a misspelt key is an error with its path.
 */

const fraction = z.number().min(0).max(1);
const positiveInt = z.int().min(1);

export const ModelRef = z.strictObject({
  model: z.string().min(1).describe("Name of the model, as x-selected-model carries it"),
  lora_name: z
    .string()
    .min(1)
    .optional()
    .describe("LoRA adapter: selected and announced instead of model"),
  use_reasoning: z.boolean().default(false).describe("Announced in x-vsr-selected-reasoning"),
  reasoning_description: z.string().optional(),
  reasoning_effort: z.string().optional(),
});
export type ModelRef = z.infer<typeof ModelRef>;

/** What a selector votes for and x-selected-model carries. */
export const candidateName = (ref: ModelRef): string => ref.lora_name ?? ref.model;

/** A leaf names a signal; a node joins others. Nesting is allowed to any depth up to 16. */
export interface RuleLeaf {
  readonly type: "domain";
  readonly name: string;
}
export interface RuleNode {
  readonly operator: "AND" | "OR" | "NOT";
  readonly conditions: readonly Rule[];
}
export type Rule = RuleLeaf | RuleNode;

const operator = z
  .string()
  .transform((word) => word.toUpperCase())
  .pipe(z.enum(["AND", "OR", "NOT"]))
  .describe("AND, OR or NOT, in any case");

const RuleLeaf = z.strictObject({
  type: z.string().trim().toLowerCase().pipe(z.literal("domain")),
  name: z.string().min(1).describe("A domain, or a category of `categories`"),
});
const RuleNode = z.strictObject({
  operator,
  get conditions() {
    return z.array(z.union([RuleLeaf, RuleNode])).min(1);
  },
});

export const Algorithm = z.strictObject({
  type: z.enum(["knn", "kmeans", "svm", "static"]).default("static"),
  knn: z.strictObject({ k: positiveInt.optional() }).optional(),
  kmeans: z
    .strictObject({ num_clusters: positiveInt.optional(), efficiency_weight: fraction.optional() })
    .optional(),
  svm: z
    .strictObject({
      kernel: z
        .string()
        .toLowerCase()
        .pipe(z.enum(["rbf", "linear"]))
        .optional(),
      gamma: z.number().positive().optional(),
    })
    .optional(),
  on_error: z
    .enum(["skip", "fail"])
    .optional()
    .describe("Accepted and ignored: errors always use default_model"),
});
export type Algorithm = z.infer<typeof Algorithm>;

export const Decision = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  priority: z
    .int()
    .default(0)
    .describe("The highest wins under strategy priority; ties by order in the file"),
  rules: RuleNode,
  modelRefs: z.array(ModelRef).min(1),
  algorithm: Algorithm.default({ type: "static" }),
});
export type Decision = z.infer<typeof Decision>;

const selectorFile = { pretrained_path: z.string().min(1).optional() };

export const RouterConfig = z.strictObject({
  config_source: z.literal("file").optional(),
  auto_model_name: z
    .string()
    .min(1)
    .default("MoM")
    .describe("Routed beside `auto`, which always is"),
  include_config_models_in_list: z.boolean().default(false),
  clear_route_cache: z
    .boolean()
    .default(true)
    .describe("Ask Envoy to match its routes again once the model is chosen"),
  strategy: z.enum(["priority", "confidence"]).default("priority"),
  default_model: z.string().min(1).describe("Used when no decision matches and when routing fails"),
  categories: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        description: z.string().optional(),
        mmlu_categories: z.array(z.string().min(1)).optional(),
        model_scores: z.array(z.unknown()).optional(),
      }),
    )
    .default([])
    .describe("Names that conditions may use; mmlu_categories lists the domains each stands for"),
  decisions: z.array(Decision).default([]),
  model_selection: z
    .strictObject({
      enabled: z.boolean().default(true),
      method: z.string().optional(),
      ml: z
        .strictObject({
          models_path: z
            .string()
            .min(1)
            .optional()
            .describe("Folder of knn_model, kmeans_model and svm_model (.safetensors or .json)"),
          embedding_dim: z.int().optional(),
          trust_unlabelled: z
            .boolean()
            .default(false)
            .describe("Accept files that do not say which embedder they were trained on"),
          max_artifact_mb: z.number().positive().default(1024),
          knn: z.strictObject({ ...selectorFile, k: positiveInt.optional() }).optional(),
          kmeans: z
            .strictObject({
              ...selectorFile,
              num_clusters: positiveInt.optional(),
              efficiency_weight: fraction.optional(),
            })
            .optional(),
          svm: z
            .strictObject({
              ...selectorFile,
              kernel: z
                .string()
                .toLowerCase()
                .pipe(z.enum(["rbf", "linear"]))
                .optional(),
              gamma: z.number().positive().optional(),
            })
            .optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  embedding_models: z
    .strictObject({
      qwen3_model_path: z.string().min(1).optional(),
      use_cpu: z.boolean().optional(),
    })
    .prefault({})
    .describe("Without a path the built-in minilm-2l is used"),
  classifier: z
    .strictObject({
      category_model: z
        .strictObject({
          model_id: z.string().optional(),
          threshold: fraction.default(0.35),
          use_cpu: z.boolean().optional(),
          use_modernbert: z.boolean().optional(),
          use_mmbert_32k: z.boolean().optional(),
          category_mapping_path: z.string().optional(),
          fallback_category: z.string().min(1).default("other"),
        })
        .prefault({}),
    })
    .prefault({}),
  vllm_endpoints: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        address: z.string().min(1),
        port: z.int().min(1).max(65535),
        weight: z.number().nonnegative().default(1),
        type: z.string().optional(),
        api_key: z.string().optional(),
      }),
    )
    .default([]),
  model_config: z
    .record(
      z.string().min(1),
      z.strictObject({
        preferred_endpoints: z.array(z.string()).optional(),
        pricing: z
          .strictObject({
            currency: z.string().default("USD"),
            prompt_per_1m: z.number().nonnegative().default(0),
            completion_per_1m: z.number().nonnegative().default(0),
          })
          .optional(),
        reasoning_family: z.string().optional(),
        loras: z
          .array(z.strictObject({ name: z.string().min(1), description: z.string().optional() }))
          .optional(),
        access_key: z.string().optional(),
        param_size: z.string().optional(),
        api_format: z.string().optional(),
        description: z.string().optional(),
        capabilities: z.array(z.string()).optional(),
        quality_score: z.number().optional(),
        external_model_ids: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
  observability: z
    .strictObject({
      metrics: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
      log_level: z.enum(["debug", "info", "warn", "error"]).default("info"),
    })
    .prefault({}),
  limits: z
    .strictObject({
      deadline_ms: z
        .int()
        .min(1)
        .max(60_000)
        .default(150)
        .describe(
          "Routing that takes longer uses default_model; stay below Envoy's message_timeout (200 ms)",
        ),
      max_body_bytes: positiveInt
        .default(16 * 1024 * 1024)
        .describe("A larger request body is refused with 413"),
      max_query_chars: positiveInt
        .default(32_768)
        .describe(
          "Longer queries keep their head and tail before they are embedded and classified",
        ),
      max_waiting_texts: positiveInt.default(256).describe("Texts that may wait for the embedder"),
      cache_entries: z
        .int()
        .min(0)
        .default(10_000)
        .describe("Embeddings kept in memory, 4 KiB each; 0 turns it off"),
      max_concurrent_streams: positiveInt.default(4096).describe("ext_proc streams open at once"),
    })
    .prefault({}),
});
export type RouterConfig = z.infer<typeof RouterConfig>;

/** Keys of the reference's configuration that belong to features signalbox does not have: listed once, then ignored. */
export const unsupportedKeys: readonly string[] = [
  "semantic_cache",
  "prompt_guard",
  "tools",
  "response_api",
  "router_replay",
  "memory",
  "looper",
  "batch_classification",
  "api",
  "image_generation",
  "external_models",
  "mcp",
  "reasoning_families",
  "default_reasoning_effort",
  "keyword_rules",
  "embedding_rules",
  "fact_check_rules",
  "user_feedback_rules",
  "preference_rules",
  "language_rules",
  "latency_rules",
  "context_rules",
  "complexity_rules",
  "provider_profiles",
  "bert_model",
  "feedback_detector",
  "hallucination_mitigation",
  "modality_detector",
  "authz",
  "ratelimit",
  "classifier.pii_model",
  "classifier.preference_model",
  "classifier.mcp_category_model",
  "classifier.jailbreak_model",
  "embedding_models.gemma_model_path",
  "embedding_models.mmbert_model_path",
  "embedding_models.bert_model_path",
  "embedding_models.hnsw_config",
  "embedding_models.embedding_config",
  "observability.tracing",
  "observability.metrics.windowed_metrics",
  "decisions[].plugins",
  "decisions[].modelSelectionAlgorithm",
  "decisions[].algorithm.confidence",
  "decisions[].algorithm.elo",
  "decisions[].algorithm.router_dc",
  "decisions[].algorithm.automix",
  "decisions[].algorithm.hybrid",
  "model_selection.elo",
  "model_selection.router_dc",
  "model_selection.automix",
  "model_selection.hybrid",
];

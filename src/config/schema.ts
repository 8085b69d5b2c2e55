import { z } from "zod";
import { tasks } from "../tasks.ts";

/**
 * What an operator writes. Flat, as vllm-project/semantic-router's configuration of early 2026, so that its files load
 * here; what is ours alone stands under `embedding` and `limits`. Strict: a misspelt key is an error with its path.
 * The descriptions become config/config.schema.json, which editors show.
 */

const fraction = z.number().min(0).max(1);
const positiveInt = z.int().min(1);
const text = z.string().min(1);

const forCompatibility = "Accepted for files of the reference, without effect";

const kernel = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["rbf", "linear"]))
  .describe("rbf or linear; must be that of the trained file");

const knn = {
  k: positiveInt.optional().describe("Neighbours asked; without it the trained file's k"),
  mode: z
    .enum(["votes", "outcomes"])
    .optional()
    .describe(
      "votes of the k nearest rows, as vllm-project/semantic-router, or each model's mean outcome over its k nearest queries; without it the trained file's, votes when it says nothing",
    ),
};
const kmeans = {
  num_clusters: positiveInt
    .optional()
    .describe("Clusters; a trained file with another number is refused"),
  efficiency_weight: fraction
    .optional()
    .describe("How much latency counts beside quality in training; 0 to 1"),
};
const svm = {
  kernel: kernel.optional(),
  gamma: z
    .number()
    .positive()
    .optional()
    .describe("Of the rbf kernel; must be that of the trained file"),
};

export const ModelRef = z.strictObject({
  model: text.describe("Name of the model, as x-selected-model carries it"),
  lora_name: text.optional().describe("LoRA adapter: selected and announced instead of model"),
  use_reasoning: z.boolean().default(false).describe("Announced in x-vsr-selected-reasoning"),
  reasoning_description: z.string().optional().describe(forCompatibility),
  reasoning_effort: z.string().optional().describe(forCompatibility),
});
export type ModelRef = z.infer<typeof ModelRef>;

/** What a selector votes for and x-selected-model carries. */
export const candidateName = (ref: ModelRef): string => ref.lora_name ?? ref.model;

/** A leaf names a signal; a node joins others. Nesting is allowed to any depth up to 16. */
export interface RuleLeaf {
  /** `domain`, or a task of the model pack that reads one text. */
  readonly type: string;
  readonly name: string;
}
export interface RuleNode {
  readonly operator: "AND" | "OR" | "NOT";
  readonly conditions: readonly Rule[];
}
export type Rule = RuleLeaf | RuleNode;

const operator = z
  .string()
  .toUpperCase()
  .pipe(z.enum(["AND", "OR", "NOT"]))
  .meta({ description: "AND, OR or NOT, in any case", examples: ["AND", "OR", "NOT"] });

const signalTypes = [
  "domain",
  ...tasks.filter(({ family }) => family !== "pair").map(({ name }) => name),
] as const;

const RuleLeaf = z
  .strictObject({
    type: z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(signalTypes))
      .meta({
        description:
          "The kind of signal: domain, or a task of the model pack (needs modelpack.path)",
        examples: ["domain", "query_domain"],
      }),
    name: text.describe(
      "Of domain: one of the 14 domains, or a name of `categories`; of a task: one of its labels",
    ),
  })
  .describe("Holds when the query is of this domain, or has this label");
const RuleNode = z
  .strictObject({
    operator,
    get conditions() {
      return z.array(z.union([RuleLeaf, RuleNode])).min(1);
    },
  })
  .meta({ id: "rules", description: "Joins conditions; a condition may itself be such a node" });

export const Algorithm = z.strictObject({
  type: z
    .enum(["knn", "kmeans", "svm", "static"])
    .default("static")
    .describe("How one of several modelRefs is chosen; static takes the first"),
  knn: z.strictObject(knn).optional(),
  kmeans: z.strictObject(kmeans).optional(),
  svm: z.strictObject(svm).optional(),
  on_error: z
    .enum(["skip", "fail"])
    .optional()
    .describe("Accepted and ignored: errors always use default_model"),
});
export type Algorithm = z.infer<typeof Algorithm>;

export const Decision = z.strictObject({
  name: text.describe("Unique; announced in x-vsr-selected-decision"),
  description: z.string().optional().describe("For people"),
  priority: z
    .int()
    .default(0)
    .describe("The highest wins under strategy priority; ties by order in the file"),
  rules: RuleNode.describe("When this decision applies"),
  modelRefs: z.array(ModelRef).min(1).describe("The models to choose from"),
  algorithm: Algorithm.default({ type: "static" }),
});
export type Decision = z.infer<typeof Decision>;

const selectorFile = {
  pretrained_path: text
    .optional()
    .describe("The trained file; without it the one in models_path, or the built-in one"),
};

const Category = z.strictObject({
  name: text,
  description: z.string().optional().describe("For people"),
  mmlu_categories: z
    .array(text)
    .optional()
    .describe("The domains, of the 14, that this name stands for"),
  model_scores: z.array(z.unknown()).optional().describe(forCompatibility),
});

const ModelSelection = z.strictObject({
  enabled: z.boolean().default(true).describe("false makes every algorithm static"),
  method: z.string().optional().describe(forCompatibility),
  ml: z
    .strictObject({
      models_path: text
        .optional()
        .describe("Folder of knn_model, kmeans_model and svm_model (.safetensors or .json)"),
      embedding_dim: z.int().optional().describe("1024, which every embedder of signalbox gives"),
      trust_unlabelled: z
        .boolean()
        .default(false)
        .describe("Accept files that do not say which embedder they were trained on"),
      max_artifact_mb: z
        .number()
        .positive()
        .default(1024)
        .describe("A larger trained file is refused, in MiB"),
      knn: z.strictObject({ ...selectorFile, ...knn }).optional(),
      kmeans: z.strictObject({ ...selectorFile, ...kmeans }).optional(),
      svm: z.strictObject({ ...selectorFile, ...svm }).optional(),
    })
    .prefault({}),
});

const CategoryModel = z.strictObject({
  provider: z
    .enum(["built-in", "modelpack"])
    .default("built-in")
    .describe("What names the domain; modelpack: task mmlu_domain of modelpack.path"),
  model_id: z.string().optional().describe(forCompatibility),
  // Low, because on chat every step up costs more right domains than it catches wrong ones (domain/report.md).
  threshold: fraction
    .default(0.2)
    .describe("A less likely domain counts as fallback_category; 0 to 1"),
  use_cpu: z.boolean().optional().describe(forCompatibility),
  use_modernbert: z.boolean().optional().describe(forCompatibility),
  use_mmbert_32k: z.boolean().optional().describe(forCompatibility),
  category_mapping_path: z.string().optional().describe(forCompatibility),
  fallback_category: text
    .default("other")
    .describe("The domain of queries that are of no domain for sure"),
});

const Endpoint = z.strictObject({
  name: text,
  address: text.describe("Host name or IP address"),
  port: z.int().min(1).max(65535),
  weight: z.number().nonnegative().default(1),
  type: z.string().optional(),
  api_key: z.string().optional().describe("Better taken from the environment; shown nowhere"),
});

const ModelConfig = z.strictObject({
  preferred_endpoints: z.array(text).optional().describe("Names of vllm_endpoints"),
  pricing: z
    .strictObject({
      currency: z.string().default("USD"),
      prompt_per_1m: z.number().nonnegative().default(0).describe("Of a million tokens"),
      completion_per_1m: z.number().nonnegative().default(0).describe("Of a million tokens"),
    })
    .optional(),
  reasoning_family: z.string().optional().describe(forCompatibility),
  loras: z
    .array(z.strictObject({ name: text, description: z.string().optional() }))
    .optional()
    .describe("LoRA adapters that lora_name may name"),
  access_key: z.string().optional().describe("Better taken from the environment; shown nowhere"),
  param_size: z.string().optional().describe("Such as 7b; for people"),
  api_format: z.string().optional().describe(forCompatibility),
  description: z.string().optional().describe("For people"),
  capabilities: z.array(z.string()).optional().describe(forCompatibility),
  quality_score: z.number().optional().describe(forCompatibility),
  external_model_ids: z.record(z.string(), z.string()).optional().describe(forCompatibility),
});

const HttpEmbedding = z.strictObject({
  url: text.describe("Of the API, such as http://127.0.0.1:8000/v1, or of its /embeddings"),
  api_key: z
    .string()
    .optional()
    .describe("Sent as a bearer token; better taken from the environment; shown nowhere"),
  headers: z
    .record(text, z.string())
    .optional()
    .describe("Sent with every request; their values are shown nowhere"),
  model: text.describe("Its name on the server"),
  timeout_ms: z
    .int()
    .min(1)
    .max(60_000)
    .default(1_000)
    .describe("For an answer, a second attempt included; requests still keep limits.deadline_ms"),
  dimensions: z
    .int()
    .min(1)
    .max(16_384)
    .optional()
    .describe("Asked of the server; at most 1024 is used, less is lifted to it"),
  truncate: z
    .boolean()
    .default(false)
    .describe("Use the first 1024 numbers of longer vectors; right for Matryoshka models only"),
  encoding_format: z
    .enum(["float", "base64"])
    .default("float")
    .describe("base64 has fewer bytes, where the server knows it"),
  max_batch: z.int().min(1).max(2_048).default(32).describe("Texts of one request"),
  max_tokens: z
    .int()
    .min(8)
    .max(32_768)
    .default(512)
    .describe("Texts longer than 8 characters for each keep their head and tail"),
  query_prefix: z
    .string()
    .default("")
    .describe(
      "Put before every text, as the model's card may ask; artifacts must be trained with it",
    ),
  concurrency: z.int().min(1).max(256).default(8).describe("Requests at once"),
  weights: text
    .optional()
    .describe(
      "Any word; change it when the server has other weights under the same name, so that what was trained or " +
        "cached with the old ones is refused",
    ),
});

const Embedding = z.strictObject({
  workers: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe(
      "Threads that embed, each with the model in memory; without it one less than the cores, from 1 to 4, and no more " +
        "than fit in half of the memory at 64 MiB and 1.5 times the model's files each, but never less than min_workers",
    ),
  min_workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("signalbox is ready once so many threads are warm; the others follow"),
  max_run_ms: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe("A thread whose model runs longer is replaced, in milliseconds"),
  batch_tokens: z
    .int()
    .min(1)
    .max(65_536)
    .default(256)
    .describe(
      "Tokens that one run of the model may read, padding counted, while there is time for them; a longer text runs alone",
    ),
  cache: z
    .strictObject({
      max_mb: z
        .number()
        .min(0)
        .max(65_536)
        .default(64)
        .describe("Memory for embeddings, 4.4 KiB each, in MiB; 0 turns it off"),
      redis_url: text
        .optional()
        .describe(
          "Redis or Valkey that replicas share: redis://[user:password@]host[:port][/database], rediss:// for TLS; " +
            "shown nowhere. Whoever can write to it can change how requests are routed",
        ),
      ttl_seconds: positiveInt
        .max(31_536_000)
        .default(86_400)
        .describe("How long an embedding stays in Redis"),
      timeout_ms: z
        .int()
        .min(1)
        .max(10_000)
        .default(20)
        .describe(
          "A Redis that takes longer to answer is left alone until it answers in this time, in milliseconds",
        ),
    })
    .prefault({})
    .describe("Embeddings of texts that come again"),
  http: HttpEmbedding.optional().describe(
    "An OpenAI-compatible server that embeds instead of a model in this process",
  ),
});

const Limits = z.strictObject({
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
    .describe("Longer queries keep their head and tail before they are embedded and classified"),
  max_waiting_texts: positiveInt.default(256).describe("Texts that may wait for the embedder"),
  cache_entries: z
    .int()
    .min(0)
    .optional()
    .describe(
      "Embeddings kept in memory, within what embedding.cache.max_mb leaves room for; 0 turns it off",
    ),
  max_concurrent_streams: positiveInt.default(4096).describe("ext_proc streams open at once"),
});

const TracingExporter = z.strictObject({
  type: z.string().default("otlp").describe("otlp, which every collector takes"),
  endpoint: text
    .optional()
    .describe(
      "host:port of a gRPC receiver, as vllm-project/semantic-router has it, or the http:// or https:// address of an " +
        "OTLP/HTTP receiver; without it OTEL_EXPORTER_OTLP_ENDPOINT, or http://localhost:4318",
    ),
  protocol: z
    .enum(["grpc", "http/protobuf"])
    .optional()
    .describe("Where the endpoint does not tell it"),
  insecure: z.boolean().default(false).describe("gRPC to host:port without TLS"),
});

const Tracing = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe("Without it tracing is on when OTEL_TRACES_EXPORTER is otlp"),
    provider: z.string().optional().describe(forCompatibility),
    exporter: TracingExporter.prefault({}),
    sampling: z
      .strictObject({
        type: z
          .enum(["always_on", "always_off", "probabilistic"])
          .optional()
          .describe("Of requests that come without a trace; the others follow their caller"),
        rate: fraction.default(1).describe("Of probabilistic; 0.01 is one request in a hundred"),
      })
      .prefault({}),
    resource: z
      .strictObject({
        service_name: text.optional().describe("Without it OTEL_SERVICE_NAME, or signalbox"),
        service_version: text.optional().describe("Without it signalbox's own"),
        deployment_environment: text.optional(),
      })
      .prefault({}),
  })
  .describe("OpenTelemetry spans of each request's stages; read at the start, not on a reload");

const Listener = z
  .strictObject({
    socket: text
      .optional()
      .describe(
        "Path of a Unix socket to listen on for Envoy, instead of the port; --socket goes before it",
      ),
    socket_mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, "must be access rights such as 660")
      .default("660")
      .describe("Access rights of the socket, in octal: whoever may write to it may connect"),
    tls: z
      .strictObject({
        cert_file: text.describe("PEM: the certificate first, then those that vouch for it"),
        key_file: text.describe("PEM, without a pass phrase"),
        client_ca_file: text
          .optional()
          .describe(
            "PEM: authorities of which Envoy must show a certificate; without it none is asked for",
          ),
      })
      .optional()
      .describe(
        "Without it the listener speaks plainly; the files are read again when they change",
      ),
  })
  .describe("Where Envoy reaches signalbox; paths are read at the start, not on a reload");

export const RouterConfig = z.strictObject({
  config_source: z.literal("file").optional().describe("file; signalbox reads nothing else"),
  auto_model_name: text.default("MoM").describe("Routed beside `auto`, which always is"),
  include_config_models_in_list: z
    .boolean()
    .default(false)
    .describe("List the configured models in /v1/models beside auto_model_name"),
  clear_route_cache: z
    .boolean()
    .default(true)
    .describe("Ask Envoy to match its routes again once the model is chosen"),
  strategy: z
    .enum(["priority", "confidence"])
    .default("priority")
    .describe("Which of several matching decisions wins"),
  default_model: text.describe("Used when no decision matches and when routing fails"),
  categories: z
    .array(Category)
    .default([])
    .describe("Names that conditions may use; mmlu_categories lists the domains each stands for"),
  decisions: z.array(Decision).default([]).describe("When to choose from which models, and how"),
  model_selection: ModelSelection.prefault({}).describe("The trained selectors"),
  embedding_models: z
    .strictObject({
      qwen3_model_path: text
        .optional()
        .describe(
          "Embedder: a folder with ONNX and tokenizer.json, a name (qwen3, mom-embedding-pro, gte, mpnet, e5, bge), " +
            "or owner/name[@revision] of the hub; fetched by `signalbox download`",
        ),
      dtype: z
        .enum(["int8", "fp32", "fp16", "q4"])
        .optional()
        .describe("Which of its model files; without it the first that is there, in this order"),
      pooling: z
        .enum(["mean", "cls", "last-token"])
        .optional()
        .describe("For a model whose files do not say it"),
      max_tokens: z
        .int()
        .min(8)
        .max(32_768)
        .optional()
        .describe(
          "Longer texts keep their head and tail; without it the model's own limit, 512 at most",
        ),
      query_prefix: text
        .optional()
        .describe(
          "Put before every text, as the model's card may ask; artifacts must be trained with it",
        ),
      download: z
        .boolean()
        .default(false)
        .describe("Fetch a missing model of the hub at the start; then a start depends on the hub"),
      use_cpu: z.boolean().optional().describe(forCompatibility),
    })
    .prefault({})
    .describe("Without a path the built-in minilm-2l is used"),
  embedding: Embedding.prefault({}).describe("How texts are embedded: threads, batches, cache"),
  classifier: z.strictObject({ category_model: CategoryModel.prefault({}) }).prefault({}),
  modelpack: z
    .strictObject({
      path: text.optional().describe("Folder that `signalbox modelpack train` wrote"),
      threshold: fraction
        .default(0.5)
        .describe("A condition on a task does not hold when its label is less likely; 0 to 1"),
    })
    .prefault({})
    .describe("Small text classifiers, for conditions and POST /api/v1/modelpack/predict"),
  vllm_endpoints: z.array(Endpoint).default([]).describe("Where the models are served"),
  model_config: z
    .record(text, ModelConfig.prefault({}))
    .default({})
    .describe("What is known of each model, by its name"),
  observability: z
    .strictObject({
      metrics: z
        .strictObject({ enabled: z.boolean().default(true).describe("Serve /metrics") })
        .prefault({}),
      log_level: z.enum(["debug", "info", "warn", "error"]).default("info"),
      tracing: Tracing.prefault({}),
      price_baseline: text
        .optional()
        .describe(
          "The model whose price the dashboard's savings are reckoned against; without it default_model",
        ),
    })
    .prefault({}),
  listener: Listener.prefault({}),
  limits: Limits.prefault({}).describe("Every limit that signalbox keeps"),
});
export type RouterConfig = z.infer<typeof RouterConfig>;

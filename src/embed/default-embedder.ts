import { RouterError } from "../errors.ts";
import { defaultPatience } from "../hub/retry.ts";
import { type HubSettings, hubSettings } from "../hub/settings.ts";
import { builtIn, defaultEmbedderFolder } from "./built-in.ts";
import type { Availability } from "./circuit-breaker.ts";
import { configuredLimits, type LimitsConfig } from "./configured-limits.ts";
import { defaultMaxBytes, downloadModel } from "./download-model.ts";
import type { Embedder } from "./embedder.ts";
import { findModel, modelSource } from "./find-model.ts";
import { openHttpEmbedder } from "./http-embedder.ts";
import { configuredServer, type HttpEmbeddingConfig } from "./http-embedder-config.ts";
import type { Dtype } from "./model-file.ts";
import type { ModelChoice, ModelFolder } from "./model-folder.ts";
import type { Pooling } from "./pool.ts";
import { configuredShared, type SharedCacheConfig } from "./redis-cache-config.ts";
import { openEmbedder } from "./worker-embedder.ts";

/** The parts of RouterConfig that say which embedder to use, and how much of it. */
export interface EmbedderConfig extends LimitsConfig {
  readonly embedding_models: {
    readonly qwen3_model_path?: string | undefined;
    readonly dtype?: Dtype | undefined;
    readonly pooling?: Pooling | undefined;
    readonly max_tokens?: number | undefined;
    readonly query_prefix?: string | undefined;
    readonly download?: boolean;
  };
  readonly embedding?: NonNullable<LimitsConfig["embedding"]> & {
    readonly cache: SharedCacheConfig;
    readonly http?: HttpEmbeddingConfig | undefined;
  };
}

/** Learns when a part cannot be used, one of its threads or what others run, and when it can again. */
export type OnAvailability = (
  part: "shared_cache" | "embedding_server" | "embedding_worker",
  now: Availability,
) => void;

/**
 * The configured server; or the configured model, its path where `resolvePath` finds it; or the built-in minilm-2l when
 * neither is configured. With the cache that replicas share, where one is. Rejects with a RouterError.
 */
export async function openConfiguredEmbedder(
  config: EmbedderConfig,
  resolvePath?: (path: string) => string,
  hub: HubSettings = hubSettings(process.env),
  onAvailability: OnAvailability = () => undefined,
): Promise<Embedder> {
  const { http, cache } = config.embedding ?? {};
  const openShared = cache && configuredShared(cache, (now) => onAvailability("shared_cache", now));
  if (http) {
    return openHttpEmbedder({
      ...configuredLimits(config),
      ...configuredServer(http),
      openShared,
      onStateChange: (now) => onAvailability("embedding_server", now),
    });
  }
  return openEmbedder({
    ...configuredLimits(config),
    openShared,
    onStateChange: (now) => onAvailability("embedding_worker", now),
    folder: await configuredFolder(config.embedding_models, hub, resolvePath),
  });
}

/** The built-in minilm-2l in one thread, beside another embedder: for what was trained on its vectors. */
export const openBuiltInEmbedder = (config: LimitsConfig): Promise<Embedder> =>
  openEmbedder({
    ...configuredLimits(config),
    workers: 1,
    minWorkers: 1,
    folder: defaultEmbedderFolder,
  });

/** What `embedding_models` says of how the model is used. */
export const configuredChoice = ({
  dtype,
  pooling,
  max_tokens: maxTokens,
  query_prefix: prefix,
}: EmbedderConfig["embedding_models"]): ModelChoice => ({ dtype, pooling, maxTokens, prefix });

async function configuredFolder(
  configured: EmbedderConfig["embedding_models"],
  hub: HubSettings,
  resolvePath: ((path: string) => string) | undefined,
): Promise<ModelFolder> {
  const { qwen3_model_path: name, download = false } = configured;
  const choice = configuredChoice(configured);
  const idle = Object.entries(choice).filter(([, value]) => value !== undefined);
  if (name === undefined && idle.length > 0) throw nothingToChoose();
  try {
    return findModel(name ?? builtIn, choice, hub, resolvePath);
  } catch (thrown) {
    const source = modelSource(name ?? builtIn, resolvePath);
    const missing = RouterError.from(thrown).code === "model_not_found";
    if (!missing || !download || hub.offline || source.kind !== "hub") throw thrown;
    const access = { settings: hub, patience: defaultPatience, maxBytes: defaultMaxBytes };
    return (await downloadModel(source, { ...access, choice })).folder;
  }
}

const nothingToChoose = () =>
  new RouterError(
    "config_invalid",
    "embedding_models says how to use a model (dtype, pooling, max_tokens, query_prefix) and names none",
    "Set embedding_models.qwen3_model_path, or remove what is for another model than the built-in one",
  );

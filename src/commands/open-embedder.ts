import { dirname } from "node:path";
import { loadConfig } from "../config/load.ts";
import { resolvePath } from "../config/paths.ts";
import { builtIn } from "../embed/built-in.ts";
import { configuredChoice, openConfiguredEmbedder } from "../embed/default-embedder.ts";
import { assertDevice, type Device } from "../embed/device.ts";
import type { Embedder } from "../embed/embedder.ts";
import { findModel } from "../embed/find-model.ts";
import type { Dtype } from "../embed/model-file.ts";
import type { ModelFolder } from "../embed/model-folder.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { RouterError } from "../errors.ts";
import { hubSettings } from "../hub/settings.ts";

/** Which embedder a command is to use: that of a configuration, or a model by its name. */
export interface NamedEmbedder {
  readonly config?: string | undefined;
  /** Without a configuration and a name it is the built-in one. */
  readonly name?: string | undefined;
  /** Instead of what the configuration says. */
  readonly dtype?: Dtype | undefined;
  /** Of a model by its name; `cpu` without it. */
  readonly device?: Device | undefined;
}

/** For many texts at once: up to `maxWaiting` wait, and none comes twice, so nothing is cached. */
export async function openNamedEmbedder(
  named: NamedEmbedder,
  maxWaiting: number,
): Promise<Embedder> {
  const { config: path, dtype, device = "cpu" } = named;
  assertDevice(device);
  if (path === undefined) {
    return openEmbedder({ folder: namedFolder(named), device, maxWaiting, cacheEntries: 0 });
  }
  if (device !== "cpu") throw deviceOfConfig();
  const { config } = loadConfig(path, process.env);
  const models = { ...config.embedding_models, ...(dtype && { dtype }) };
  const limits = { ...config.limits, max_waiting_texts: maxWaiting, cache_entries: 0 };
  return openConfiguredEmbedder({ ...config, embedding_models: models, limits }, at(path));
}

/** Its folder. Throws RouterError `model_not_found` where it is not here. */
export function namedFolder({ config: path, name = builtIn, dtype }: NamedEmbedder): ModelFolder {
  const hub = hubSettings(process.env);
  if (path === undefined) return findModel(name, { dtype }, hub);
  const { embedding_models: models } = loadConfig(path, process.env).config;
  const choice = { ...configuredChoice(models), ...(dtype && { dtype }) };
  return findModel(models.qwen3_model_path ?? builtIn, choice, hub, at(path));
}

const deviceOfConfig = (): RouterError =>
  new RouterError(
    "config_invalid",
    "--device is of --embedding-model; what --config names is opened as serving opens it, on the CPU",
    "Name the model with --embedding-model, or leave out --device",
  );

const at = (config: string) => (file: string) => resolvePath(file, dirname(config), process.cwd());

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { RouterError } from "../errors.ts";
import { cachedSnapshot } from "../hub/cache.ts";
import { parseRepository, type Repository, repositoryText } from "../hub/repository.ts";
import type { HubSettings } from "../hub/settings.ts";
import { builtIn, defaultEmbedderFolder } from "./built-in.ts";
import { type KnownModel, knownModel } from "./known-models.ts";
import { type ModelChoice, type ModelFolder, readModelFolder } from "./model-folder.ts";

/** Where a model is: in a folder of this machine, or in a repository of the hub. */
export type ModelSource =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "hub"; readonly repository: Repository; readonly known?: KnownModel };

/**
 * What a name in the configuration or on the command line stands for: `minilm-2l` (built in), a known model (`qwen3`,
 * `mom-embedding-pro`, `gte`, `mpnet`, `e5`, `bge`), a folder, or a repository `owner/name` of the hub; of the hub's
 * at a revision, with `@revision` behind. A folder that is there goes before a repository of the same spelling, and
 * one that is not, called as a known model is, stands for that model: `models/mom-embedding-pro` as upstream has it.
 */
export function modelSource(name: string, resolvePath = (path: string) => path): ModelSource {
  if (name === builtIn) return { kind: "folder", path: defaultEmbedderFolder };
  const byName = knownSource(name);
  if (byName && !name.includes("/")) return byName;
  const path = resolvePath(name);
  if (existsSync(path)) return { kind: "folder", path };
  const source = byName ?? knownSource(basename(name));
  if (source) return source;
  const repository = parseRepository(name);
  return repository ? { kind: "hub", repository } : { kind: "folder", path };
}

function knownSource(name: string): ModelSource | undefined {
  const [own = "", revision = "main"] = name.split("@");
  const known = knownModel(own);
  const repository = known && parseRepository(`${known.repository}@${revision}`);
  return repository && { kind: "hub", repository, known };
}

/** How a model of the hub is used: as its table says, unless the caller says otherwise. */
export const choiceOf = (
  { repository, known }: ModelSource & { kind: "hub" },
  choice: ModelChoice,
): ModelChoice => ({
  ...choice,
  name: known?.name ?? repository.id,
  pooling: choice.pooling ?? known?.pooling,
  maxTokens: choice.maxTokens ?? known?.maxTokens,
  prefix: choice.prefix ?? known?.prefix,
});

/** The folder that a name stands for. Asks nobody: throws RouterError `model_not_found` for what is not here. */
export function findModel(
  name: string,
  choice: ModelChoice,
  hub: HubSettings,
  resolvePath?: (path: string) => string,
): ModelFolder {
  const source = modelSource(name, resolvePath);
  if (source.kind === "folder") return readModelFolder(source.path, choice);
  const snapshot = cachedSnapshot(hub.cacheFolder, source.repository);
  if (snapshot === undefined) throw notDownloaded(name, source.repository, choice, hub);
  return readModelFolder(snapshot, choiceOf(source, choice));
}

function notDownloaded(
  name: string,
  repository: Repository,
  { dtype }: ModelChoice,
  { cacheFolder }: HubSettings,
): RouterError {
  const id = repositoryText(repository);
  const isPath = name !== id && name.includes("/");
  const what = isPath ? `${name} is no folder, and ${id}` : name === id ? id : `${name} (${id})`;
  const wanted = dtype === undefined ? "" : ` --dtype ${dtype}`;
  return new RouterError(
    "model_not_found",
    `pretrained model not found: ${what} is not in ${cacheFolder}`,
    `Run \`signalbox download --embedder ${name}${wanted}\`, set embedding_models.download: true, or give the folder that holds it`,
  );
}

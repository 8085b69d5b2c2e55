import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "./artifact/artifact.ts";
import { assertCompatible } from "./artifact/compatible.ts";
import { loadArtifact } from "./artifact/load-artifact.ts";
import { openDomainClassifier } from "./classify/head.ts";
import { modelPackDomains } from "./classify/modelpack-domain.ts";
import { artifactPaths } from "./config/artifact-paths.ts";
import { type Places, packageRoot, resolvePath } from "./config/paths.ts";
import { everyRule } from "./config/rules/conditions.ts";
import { candidateName, type Decision, type RouterConfig } from "./config/schema.ts";
import { selectingDecisions } from "./config/selecting-decisions.ts";
import { builtIn } from "./embed/built-in.ts";
import {
  type OnAvailability,
  openBuiltInEmbedder,
  openConfiguredEmbedder,
} from "./embed/default-embedder.ts";
import type { Embedder, EmbedderIdentity } from "./embed/embedder.ts";
import { RouterError } from "./errors.ts";
import { kernelsInUse } from "./math/kernels/pool.ts";
import { type ModelPack, openModelPack } from "./modelpack/open-model-pack.ts";
import type { Router } from "./router.ts";
import { openSelectorInTurns } from "./select/open-selector.ts";
import type { Selector, SelectorAlgorithm } from "./select/selector.ts";

export interface OpenedRouter {
  readonly router: Router;
  /** What an operator should know although it does not stop anything. */
  readonly warnings: readonly string[];
  /** Seconds that each part took to load. */
  readonly loadSeconds: Readonly<Record<string, number>>;
}

/** What a router is opened from beside its configuration: each has files of its own. */
export type Part = "embedder" | "domain_embedder" | "domain" | "modelpack" | SelectorAlgorithm;

/** Opens parts, or gives those again that an earlier router opened from the same files and the same `settings`. */
export interface Parts {
  /** The embedder's `close` gives it back. */
  embedder(
    part: "embedder" | "domain_embedder",
    settings: unknown,
    open: () => Promise<Embedder>,
  ): Promise<Embedder>;
  /** For what needs no closing. */
  keep<T extends object>(part: Part, settings: unknown, open: () => Promise<T>): Promise<T>;
  artifact(algorithm: SelectorAlgorithm, path: string, maxBytes: number): Promise<Artifact>;
}

const anew: Parts = {
  embedder: (_part, _settings, open) => open(),
  keep: (_part, _settings, open) => open(),
  artifact: async (...which) => loadArtifact(...which),
};

/**
 * Loads everything that a configuration needs: embedder, domain classifier and selectors, in parallel where they do
 * not need each other. Rejects with the RouterError of the first part that cannot be used: `model_not_found`,
 * `artifact_invalid`, `artifact_incompatible`. `onAvailability` learns, also later, of servers that cannot be used.
 */
export async function openRouter(
  config: RouterConfig,
  places: Places,
  onAvailability?: OnAvailability,
  parts: Parts = anew,
): Promise<OpenedRouter> {
  const loadSeconds: Record<string, number> = {};
  const started = performance.now();
  const since = (part: string, from: number): void => {
    loadSeconds[part] = (performance.now() - from) / 1000;
  };
  const limits = [config.limits.max_waiting_texts, config.limits.cache_entries, config.embedding];
  const embedder = await parts.embedder("embedder", [config.embedding_models, limits], () =>
    openConfiguredEmbedder(
      config,
      (path) => resolvePath(path, places.configFolder, places.cwd),
      undefined,
      onAvailability,
    ),
  );
  since("embedder", started);
  let domainEmbedder: Embedder | undefined;
  try {
    const headStarted = performance.now();
    // The head reads the vectors that it was trained on; the built-in embedder has them in about a millisecond.
    const modelpack = await openPack(config, places, parts);
    const byPack = modelpack && config.classifier.category_model.provider === "modelpack";
    if (modelpack) since("modelpack", headStarted);
    if (embedder.name !== builtIn && !byPack) {
      domainEmbedder = await parts.embedder("domain_embedder", limits, () =>
        openBuiltInEmbedder(config),
      );
    }
    const read = identityOf(domainEmbedder ?? embedder);
    const classifier = byPack
      ? modelPackDomains(modelpack)
      : await parts.keep("domain", read, async () =>
          openDomainClassifier(join(packageRoot, "models/default/domain"), read),
        );
    since("domain", headStarted);
    const warnings: string[] = [...(modelpack?.notices ?? [])];
    const selectors = new Map<string, Selector>();
    // Decisions of one algorithm share its file: read once, held once.
    const artifacts = new Map<SelectorAlgorithm, Artifact>();
    const { trust_unlabelled, max_artifact_mb } = config.model_selection.ml;
    async function artifactOf(algorithm: SelectorAlgorithm): Promise<Artifact> {
      const known = artifacts.get(algorithm);
      if (known) return known;
      const selectorStarted = performance.now();
      const path = artifactPath(config, algorithm, places);
      const artifact = await parts.artifact(algorithm, path, max_artifact_mb * 2 ** 20);
      assertCompatible(artifact, embedder, trust_unlabelled);
      artifacts.set(algorithm, artifact);
      since(algorithm, selectorStarted);
      return artifact;
    }
    for (const decision of selectingDecisions(config)) {
      const algorithm = decision.algorithm.type as SelectorAlgorithm;
      const own = settingsOf(config, decision);
      const settings = [own, identityOf(embedder), trust_unlabelled, max_artifact_mb];
      const selector = await parts.keep(algorithm, settings, async () =>
        openSelectorInTurns(await artifactOf(algorithm), own),
      );
      warnings.push(...unknownModels(decision, selector));
      selectors.set(decision.name, selector);
    }
    // Decisions of one algorithm share its file, and with it the models that it knows.
    for (const selector of new Map(
      [...selectors.values()].map((one) => [one.algorithm, one]),
    ).values()) {
      warnings.push(...unnamedModels(config, selector));
    }
    if (selectors.size > 0 && kernelsInUse() === "plain") warnings.push(slowKernels);
    const router = {
      config,
      embedder: domainEmbedder ? closedWith(embedder, domainEmbedder) : embedder,
      classifier,
      selectors,
      ...(modelpack && { modelpack }),
      ...(domainEmbedder && { domainEmbedder }),
    };
    return { router, warnings, loadSeconds };
  } catch (error) {
    await domainEmbedder?.close();
    await embedder.close();
    throw error;
  }
}

/** The model pack, when one is named. A condition on a task that it has no model of could never hold: that is refused. */
async function openPack(
  config: RouterConfig,
  places: Places,
  parts: Parts,
): Promise<ModelPack | undefined> {
  const { path } = config.modelpack;
  if (path === undefined) return undefined;
  const folder = resolvePath(path, places.configFolder, places.cwd);
  const pack = await parts.keep("modelpack", folder, async () => openModelPack(folder));
  const asked = new Set(
    everyRule(config).flatMap(({ rule }) =>
      "type" in rule && rule.type !== "domain" ? [rule.type] : [],
    ),
  );
  const missing = [...asked].filter((task) => !pack.labels.has(task));
  if (missing.length === 0) return pack;
  throw new RouterError(
    "model_not_found",
    `pretrained model not found: ${folder} has no model of ${missing.join(", ")}, which conditions of decisions name`,
    "Train it with signalbox modelpack train, or remove the conditions",
  );
}

/** Whoever closes a router's embedder has closed all that the router opened. */
const closedWith = (embedder: Embedder, other: Embedder): Embedder => ({
  ...embedder,
  close: async () => {
    await Promise.all([embedder.close(), other.close()]);
  },
});

const slowKernels =
  "WebAssembly SIMD does not run here: selectors compute in plain TypeScript, about ten times slower";

/** A decision's own parameters go before those for all decisions. */
function settingsOf(config: RouterConfig, { algorithm }: Decision) {
  const { ml } = config.model_selection;
  return {
    k: algorithm.knn?.k ?? ml.knn?.k,
    mode: algorithm.knn?.mode ?? ml.knn?.mode,
    kernel: algorithm.svm?.kernel ?? ml.svm?.kernel,
    gamma: algorithm.svm?.gamma ?? ml.svm?.gamma,
    numClusters: algorithm.kmeans?.num_clusters ?? ml.kmeans?.num_clusters,
  };
}

/** What files must have been made for. */
const identityOf = (embedder: Embedder): EmbedderIdentity => ({
  name: embedder.name,
  revision: embedder.revision,
  dimension: embedder.dimension,
  pooling: embedder.pooling,
  normalized: embedder.normalized,
});

function artifactPath(config: RouterConfig, algorithm: SelectorAlgorithm, places: Places): string {
  const candidates = artifactPaths(config, algorithm, (path) => [
    resolvePath(path, places.configFolder, places.cwd),
  ]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const missing =
    candidates.length > 1 ? `neither of ${candidates.join(", ")} is` : `${candidates[0]} is not`;
  throw new RouterError(
    "model_not_found",
    `pretrained model not found: ${missing} there`,
    "Train it with signalbox train, or correct model_selection.ml.models_path or pretrained_path",
  );
}

function unknownModels(decision: Decision, selector: Selector): string[] {
  const candidates = decision.modelRefs.map(candidateName);
  const unknown = candidates.filter((model) => !selector.models.includes(model));
  if (unknown.length === candidates.length) {
    throw new RouterError(
      "artifact_incompatible",
      `the ${selector.algorithm} file of decision ${decision.name} knows ${selector.models.join(", ")}; ` +
        `none of its modelRefs ${candidates.join(", ")} is among them`,
      "Train the file on the models of the decision, or correct the modelRefs",
    );
  }
  if (unknown.length === 0) return [];
  return [
    `decision ${decision.name}: the ${selector.algorithm} file does not know ${unknown.join(", ")}, ` +
      "which is therefore never selected",
  ];
}

/** Trained, and never selected: most often a name that is written differently here and there. */
function unnamedModels(config: RouterConfig, { algorithm, models }: Selector): string[] {
  const decisions = selectingDecisions(config).filter((one) => one.algorithm.type === algorithm);
  const named = new Set(decisions.flatMap(({ modelRefs }) => modelRefs.map(candidateName)));
  const unnamed = models.filter((model) => !named.has(model));
  if (unnamed.length === 0) return [];
  const shown = unnamed.slice(0, mostNames);
  const more = unnamed.length > shown.length ? ` and ${unnamed.length - shown.length} more` : "";
  return [
    `the ${algorithm} file knows ${shown.join(", ")}${more}, which no modelRef of its decisions names`,
  ];
}

/** In one line of a log. */
const mostNames = 20;

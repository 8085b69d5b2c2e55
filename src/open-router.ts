import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "./artifact/artifact.ts";
import { assertCompatible } from "./artifact/compatible.ts";
import { loadArtifact } from "./artifact/load-artifact.ts";
import { openDomainClassifier } from "./classify/head.ts";
import { type Places, packageRoot, resolvePath } from "./config/paths.ts";
import { candidateName, type Decision, type RouterConfig } from "./config/schema.ts";
import { selectingDecisions } from "./config/selecting-decisions.ts";
import { builtIn } from "./embed/built-in.ts";
import {
  type OnAvailability,
  openBuiltInEmbedder,
  openConfiguredEmbedder,
} from "./embed/default-embedder.ts";
import type { Embedder } from "./embed/embedder.ts";
import { RouterError } from "./errors.ts";
import { kernelsInUse } from "./math/kernels/pool.ts";
import type { Router } from "./router.ts";
import { openSelector } from "./select/open-selector.ts";
import type { Selector, SelectorAlgorithm } from "./select/selector.ts";

export interface OpenedRouter {
  readonly router: Router;
  /** What an operator should know although it does not stop anything. */
  readonly warnings: readonly string[];
  /** Seconds that each part took to load. */
  readonly loadSeconds: Readonly<Record<string, number>>;
}

/**
 * Loads everything that a configuration needs: embedder, domain classifier and selectors, in parallel where they do
 * not need each other. Rejects with the RouterError of the first part that cannot be used: `model_not_found`,
 * `artifact_invalid`, `artifact_incompatible`. `onAvailability` learns, also later, of servers that cannot be used.
 */
export async function openRouter(
  config: RouterConfig,
  places: Places,
  onAvailability?: OnAvailability,
): Promise<OpenedRouter> {
  const loadSeconds: Record<string, number> = {};
  const started = performance.now();
  const since = (part: string, from: number): void => {
    loadSeconds[part] = (performance.now() - from) / 1000;
  };
  const embedder = await openConfiguredEmbedder(
    config,
    (path) => resolvePath(path, places.configFolder, places.cwd),
    undefined,
    onAvailability,
  );
  since("embedder", started);
  let domainEmbedder: Embedder | undefined;
  try {
    const headStarted = performance.now();
    // The head reads the vectors that it was trained on; the built-in embedder has them in about a millisecond.
    if (embedder.name !== builtIn) domainEmbedder = await openBuiltInEmbedder(config);
    const classifier = openDomainClassifier(
      join(packageRoot, "models/default/domain"),
      domainEmbedder ?? embedder,
    );
    since("domain", headStarted);
    const warnings: string[] = [];
    const selectors = new Map<string, Selector>();
    // Decisions of one algorithm share its file: read once, held once.
    const artifacts = new Map<SelectorAlgorithm, Artifact>();
    for (const decision of selectingDecisions(config)) {
      const algorithm = decision.algorithm.type as SelectorAlgorithm;
      let artifact = artifacts.get(algorithm);
      if (!artifact) {
        const selectorStarted = performance.now();
        artifact = loadArtifact(
          algorithm,
          artifactPath(config, algorithm, places),
          config.model_selection.ml.max_artifact_mb * 2 ** 20,
        );
        assertCompatible(artifact, embedder, config.model_selection.ml.trust_unlabelled);
        artifacts.set(algorithm, artifact);
        since(algorithm, selectorStarted);
      }
      const selector = openSelector(artifact, settingsOf(config, decision));
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
      ...(domainEmbedder && { domainEmbedder }),
    };
    return { router, warnings, loadSeconds };
  } catch (error) {
    await domainEmbedder?.close();
    await embedder.close();
    throw error;
  }
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

/** The file of an algorithm: its own path, else in models_path, else the built-in one. The compact form goes first. */
function artifactPath(config: RouterConfig, algorithm: SelectorAlgorithm, places: Places): string {
  const { ml } = config.model_selection;
  const at = (path: string): string => resolvePath(path, places.configFolder, places.cwd);
  const own = ml[algorithm]?.pretrained_path;
  const folder = ml.models_path;
  const names = [`${algorithm}_model.safetensors`, `${algorithm}_model.json`];
  const candidates =
    own !== undefined
      ? [at(own)]
      : folder !== undefined
        ? names.map((name) => join(at(folder), name))
        : [join(packageRoot, "models/default/selectors", `${algorithm}_model.safetensors`)];
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

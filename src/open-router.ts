import { existsSync } from "node:fs";
import { join } from "node:path";
import { assertCompatible } from "./artifact/compatible.ts";
import { loadArtifact } from "./artifact/load-artifact.ts";
import { openDomainClassifier } from "./classify/head.ts";
import { packageRoot, resolvePath } from "./config/paths.ts";
import { candidateName, type Decision, type RouterConfig } from "./config/schema.ts";
import { openConfiguredEmbedder } from "./embed/default-embedder.ts";
import { RouterError } from "./errors.ts";
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

/** Where relative paths of a configuration are looked for: the working directory, then the file's own folder. */
export interface Places {
  readonly configFolder: string;
  readonly cwd: string;
}

/**
 * Loads everything that a configuration needs: embedder, domain classifier and selectors, in parallel where they do
 * not need each other. Rejects with the RouterError of the first part that cannot be used: `model_not_found`,
 * `artifact_invalid`, `artifact_incompatible`.
 */
export async function openRouter(config: RouterConfig, places: Places): Promise<OpenedRouter> {
  const loadSeconds: Record<string, number> = {};
  const started = performance.now();
  const since = (part: string, from: number): void => {
    loadSeconds[part] = (performance.now() - from) / 1000;
  };
  const embedder = await openConfiguredEmbedder(config, (path) =>
    resolvePath(path, places.configFolder, places.cwd),
  );
  since("embedder", started);
  try {
    const headStarted = performance.now();
    const classifier = openDomainClassifier(join(packageRoot, "models/default/domain"), embedder);
    since("domain", headStarted);
    const warnings: string[] = [];
    const selectors = new Map<string, Selector>();
    for (const decision of routedDecisions(config)) {
      const algorithm = decision.algorithm.type as SelectorAlgorithm;
      const selectorStarted = performance.now();
      const artifact = loadArtifact(
        algorithm,
        artifactPath(config, algorithm, places),
        config.model_selection.ml.max_artifact_mb * 2 ** 20,
      );
      assertCompatible(artifact, embedder, config.model_selection.ml.trust_unlabelled);
      const selector = openSelector(artifact, settingsOf(config, decision));
      warnings.push(...unknownModels(decision, selector));
      selectors.set(decision.name, selector);
      since(algorithm, selectorStarted);
    }
    return { router: { config, embedder, classifier, selectors }, warnings, loadSeconds };
  } catch (error) {
    await embedder.close();
    throw error;
  }
}

/** Decisions that need a selector: with one model, or with algorithm static, there is nothing to select. */
const routedDecisions = (config: RouterConfig): Decision[] =>
  config.model_selection.enabled
    ? config.decisions.filter(
        ({ algorithm, modelRefs }) => algorithm.type !== "static" && modelRefs.length > 1,
      )
    : [];

/** A decision's own parameters go before those for all decisions. */
function settingsOf(config: RouterConfig, { algorithm }: Decision) {
  const { ml } = config.model_selection;
  return {
    k: algorithm.knn?.k ?? ml.knn?.k,
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
  throw new RouterError(
    "model_not_found",
    `pretrained model not found: neither of ${candidates.join(", ")} is there`.replace(
      /neither of ([^,]*) is/,
      "$1 is not",
    ),
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

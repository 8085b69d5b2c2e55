import type { Artifact } from "../artifact/artifact.ts";
import { RouterError } from "../errors.ts";

/** What a configuration may say about a selector. */
export interface SelectorSettings {
  /** knn: neighbours asked, instead of the file's number. At least 1; more than there are means all. */
  readonly k?: number | undefined;
  /** knn: instead of the file's; outcomes need a file with qualities. */
  readonly mode?: "votes" | "outcomes" | undefined;
  readonly kernel?: "linear" | "rbf" | undefined;
  readonly gamma?: number | undefined;
  readonly numClusters?: number | undefined;
}

/**
 * Kernel, gamma and clusters are fixed by training. Upstream ignores what the configuration says of them; an operator
 * who reads `gamma: 0.5` there should not be served with 1. Settings of other algorithms are left alone.
 */
export function assertSettings(artifact: Artifact, settings: SelectorSettings): void {
  const { k, kernel, gamma, numClusters } = settings;
  switch (artifact.algorithm) {
    case "knn":
      if (k !== undefined && !(Number.isInteger(k) && k > 0)) {
        throw new RouterError(
          "config_invalid",
          `knn.k is ${k}`,
          "Set it to a whole number above 0",
        );
      }
      if (settings.mode === "outcomes" && !artifact.qualities) {
        throw new RouterError(
          "artifact_incompatible",
          "The configuration says knn.mode is outcomes, the model file has no qualities",
          "Train the file on records with performance, or set knn.mode to votes",
        );
      }
      return;
    case "kmeans": {
      const { numClusters: declared, centroids, dimension } = artifact;
      const held = dimension === 0 ? 0 : centroids.length / dimension;
      if (numClusters === undefined || numClusters === declared || numClusters === held) return;
      throw contradiction("kmeans.num_clusters", numClusters, declared);
    }
    case "svm": {
      const { linear, rbf, kernelType } = artifact;
      // Upstream's trainer writes Linear over rbf machines: what scores is what counts.
      const scores = linear.length > 0 ? "linear" : rbf.length > 0 ? "rbf" : kernelType;
      const mixed = linear.length > 0 && rbf.length > 0;
      if (kernel !== undefined && kernel !== scores && !mixed) {
        throw contradiction("svm.kernel", kernel, scores);
      }
      const other = rbf.find((machine) => machine.gamma !== gamma);
      if (gamma !== undefined && other) throw contradiction("svm.gamma", gamma, other.gamma);
    }
  }
}

const contradiction = (name: string, configured: unknown, trained: unknown): RouterError =>
  new RouterError(
    "artifact_incompatible",
    `The configuration says ${name} is ${configured}, the model file was trained with ${trained}`,
    `Train again with ${configured}, or remove ${name} from the configuration`,
  );

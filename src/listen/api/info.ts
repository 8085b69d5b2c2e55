import { arch, platform } from "node:os";
import { domainNames } from "../../domains.ts";
import type { Router } from "../../router.ts";

/** The body of GET /info/models. */
export function modelInfo({ config, embedder, classifier, modelpack, selectors }: Router) {
  const { threshold, fallback_category } = config.classifier.category_model;
  return {
    models: [
      {
        name: embedder.name,
        type: "embedding",
        loaded: true,
        metadata: {
          revision: embedder.revision,
          dimension: `${embedder.dimension}`,
          pooling: embedder.pooling,
          ...(embedder.modelFile && { model_file: embedder.modelFile }),
        },
      },
      {
        name: "domain",
        type: "classifier",
        loaded: true,
        categories: [...domainNames],
        metadata: { revision: classifier.revision, threshold: `${threshold}`, fallback_category },
      },
      ...(modelpack
        ? [
            {
              name: "modelpack",
              type: "classifier",
              loaded: true,
              tasks: [...modelpack.labels.keys()],
              metadata: { ...modelpack.revisions },
            },
          ]
        : []),
      ...[...selectors].map(([decision, selector]) => ({
        name: decision,
        type: "selector",
        loaded: true,
        metadata: { algorithm: selector.algorithm, models: selector.models.join(",") },
      })),
    ],
    system: {
      node_version: process.version,
      architecture: arch(),
      os: platform(),
      memory_usage: `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`,
      gpu_available: false,
    },
  };
}

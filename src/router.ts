import type { DomainClassifier } from "./classify/domain.ts";
import type { RouterConfig } from "./config/schema.ts";
import type { Embedder } from "./embed/embedder.ts";
import type { ModelPack } from "./modelpack/open-model-pack.ts";
import type { Selector } from "./select/selector.ts";

/** Everything that routing one request reads: built whole by `openRouter`, never edited, replaced as one. */
export interface Router {
  readonly config: RouterConfig;
  readonly embedder: Embedder;
  readonly classifier: DomainClassifier;
  /** What `classifier` reads, where that is not `embedder`. */
  readonly domainEmbedder?: Embedder;
  /** Small text classifiers, where the configuration names them. */
  readonly modelpack?: ModelPack;
  /** By name of the decision; decisions with one model, or with algorithm static, have none. */
  readonly selectors: ReadonlyMap<string, Selector>;
}

import { join } from "node:path";
import { openDomainClassifier } from "../classify/head.ts";
import { domainSignals } from "../classify/signal.ts";
import { packageRoot } from "../config/paths.ts";
import type { RouterConfig } from "../config/schema.ts";
import { cutMiddle } from "../embed/cut-middle.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { Labeller } from "./labeller.ts";

/**
 * The domains that a router of this configuration would name: same vectors, head, threshold and fallback category.
 * Closes the embedder, which must be the one that the head was trained for.
 */
export function localLabeller(embedder: Embedder, config: RouterConfig): Labeller {
  const classifier = openDomainClassifier(join(packageRoot, "models/default/domain"), embedder);
  const { category_model } = config.classifier;
  const { threshold, fallback_category } = category_model;

  async function label(whole: string, signal: AbortSignal): Promise<string> {
    const text = cutMiddle(whole, config.limits.max_query_chars);
    const [embedding] = await embedder.embed([text], signal);
    if (!embedding) throw new Error("unreachable: one text in, one embedding out");
    const domains = classifier.classify(text, embedding.vector);
    return domainSignals(domains, category_model, [])[0].name;
  }
  const versions = `${embedder.name}@${embedder.revision}, head ${classifier.revision}`;
  return {
    by: `${versions}, threshold ${threshold}, else ${fallback_category}`,
    label,
    close: () => embedder.close(),
  };
}

import { candidateName } from "../config/schema.ts";
import type { Router } from "../router.ts";
import { features } from "../select/features.ts";

const query = "Which of these models answers this question best?";

/**
 * Runs everything once that a request will run, before the first one does. Rejects with the RouterError of what does not
 * work: a selector that was never trained, an embedder that does not embed.
 */
export async function warm(router: Router): Promise<void> {
  const { config, embedder, domainEmbedder, classifier, selectors } = router;
  const [[own], [forDomain]] = await Promise.all([
    embedder.embed([query]),
    (domainEmbedder ?? embedder).embed([query]),
  ]);
  if (!own || !forDomain) throw new Error("unreachable: one text in, one embedding out");
  const [domain] = classifier.classify(query, forDomain.vector);
  for (const { name, modelRefs } of config.decisions) {
    const selector = selectors.get(name);
    const x = selector && features(own.vector, domain?.name ?? "other", selector.categories);
    if (x) selector.select(x, modelRefs.map(candidateName));
  }
}

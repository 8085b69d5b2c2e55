import { cutMiddle } from "./embed/cut-middle.ts";
import type { CachedEmbedding } from "./embed/embedder.ts";
import { type Route, routeEmbedded } from "./route.ts";
import type { Router } from "./router.ts";

/** A query whose vector is cached, and where it went: the same vector and text go the same way through the same router. */
interface Known {
  readonly queryHash: string;
  readonly route: Route;
}

/**
 * Held by the cache's entries: what it lets go is forgotten here, so that the cache's bound is the bound of both. About
 * 2.2 KB for each text that was asked again.
 */
const knownRoutes = new WeakMap<Router, WeakMap<CachedEmbedding, Known>>();

/**
 * The route of a query whose embedding this process has cached, at once; undefined for any other, and for one that needs
 * an embedder that is not cached. `queryHash` tells apart queries that an embedder cuts to the same text. The same as
 * routeOrDefault's, but for what it took.
 */
export function knownRoute(router: Router, query: string, queryHash: string): Route | undefined {
  if (query === "") return undefined;
  const started = performance.now();
  const text = cutMiddle(query, router.config.limits.max_query_chars);
  const forDomain = router.domainEmbedder?.cached?.(text);
  if (router.domainEmbedder && !forDomain) return undefined;
  const embedding = router.embedder.cached?.(text);
  if (!embedding) return undefined;
  const known = knownOf(router);
  const found = known.get(embedding);
  if (found?.queryHash === queryHash) {
    const total = performance.now() - started;
    const timingsMs = { embed: total, classify: 0, decide: 0, select: 0, total };
    return { ...found.route, timingsMs };
  }
  const { vector, truncated } = embedding;
  const cached = { vector, truncated: truncated || text !== query, cached: true };
  const domainVector = forDomain ? forDomain.vector : vector;
  const route = routeEmbedded(router, text, cached, domainVector, started);
  // What failed is tried again.
  if (!route.fault) known.set(embedding, { queryHash, route });
  return route;
}

function knownOf(router: Router): WeakMap<CachedEmbedding, Known> {
  const found = knownRoutes.get(router);
  if (found) return found;
  const made = new WeakMap<CachedEmbedding, Known>();
  knownRoutes.set(router, made);
  return made;
}

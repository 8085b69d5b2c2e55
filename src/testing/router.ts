import { RouterConfig } from "../config/schema.ts";
import { domainNames } from "../domains.ts";
import { type Embedder, embeddingDimension } from "../embed/embedder.ts";
import type { Acquire } from "../listen/lease.ts";
import type { StreamEvents } from "../observe/events.ts";
import type { Router } from "../router.ts";

/** A router for tests of the wire: `math` in the text makes the domain math, and the one decision picks `solver`. */
export function fakeRouter(
  options: { readonly embed?: Embedder["embed"]; readonly limits?: object } = {},
): Router {
  const vector = new Float32Array(embeddingDimension);
  vector[0] = 1;
  const embedder: Embedder = {
    name: "fake",
    revision: "0",
    dimension: embeddingDimension,
    pooling: "mean",
    normalized: true,
    embed:
      options.embed ??
      (async (texts) => texts.map(() => ({ vector, tokens: 1, truncated: false, cached: false }))),
    stats: () => ({
      texts: 0,
      tokens: 0,
      cacheHits: 0,
      cacheMisses: 0,
      cacheEvictions: 0,
      cacheEntries: 0,
      cacheBytes: 0,
      waiting: 0,
      refused: 0,
      failed: 0,
      abandoned: 0,
      expired: 0,
      runSeconds: 0,
    }),
    close: async () => undefined,
  };
  return {
    config: RouterConfig.parse({
      default_model: "default-model",
      decisions: [
        {
          name: "math_decision",
          rules: { operator: "and", conditions: [{ type: "domain", name: "math" }] },
          modelRefs: [{ model: "solver" }],
        },
      ],
      ...(options.limits && { limits: options.limits }),
    }),
    embedder,
    classifier: {
      revision: "0",
      classify: (text) => {
        const top = text.includes("math") ? "math" : "other";
        const others = domainNames.filter((name) => name !== top);
        return [
          { name: top, confidence: 0.9 },
          ...others.map((name) => ({ name, confidence: 0.1 / 13 })),
        ];
      },
    },
    selectors: new Map(),
  };
}

const ignored = () => undefined;
const unheard: StreamEvents = {
  routed: ignored,
  passedThrough: ignored,
  rejected: ignored,
  failed: ignored,
  responded: ignored,
};

/** Leases of one router, and how many are out. */
export function leases(router: Router): { readonly acquire: Acquire; readonly held: () => number } {
  let held = 0;
  const release = () => {
    held--;
  };
  return {
    acquire() {
      held++;
      return { router, events: unheard, release };
    },
    held: () => held,
  };
}

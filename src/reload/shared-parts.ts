import { createHash } from "node:crypto";
import { loadArtifact } from "../artifact/load-artifact.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { Part, Parts } from "../open-router.ts";
import { loadArtifactAside } from "./artifact-thread.ts";

/** What a part's files hold, by part. */
export type PartDigests = Readonly<Record<Part, string>>;

export interface SharedParts {
  /** For the opening of one router. `done` when it serves: parts that it did not ask for are let go. */
  opening(digests: PartDigests): Parts & { done(): void };
}

interface OpenEmbedder {
  readonly embedder: Embedder;
  users: number;
}

/**
 * Routers of one process share what they read from the same files with the same settings: a change of decisions costs
 * neither a second embedder nor what it has cached. Artifacts are read in a thread once there are requests that would wait.
 */
export function sharedParts(): SharedParts {
  const embedders = new Map<string, OpenEmbedder>();
  let kept: ReadonlyMap<string, object> | undefined;

  /** Its users close it; the last one does. */
  function handle(key: string, open: OpenEmbedder): Embedder {
    open.users++;
    let closed = false;
    return {
      ...open.embedder,
      async close() {
        if (closed) return;
        closed = true;
        if (--open.users > 0) return;
        embedders.delete(key);
        await open.embedder.close();
      },
    };
  }

  function opening(digests: PartDigests): Parts & { done(): void } {
    const asked = new Map<string, object>();
    // Hashed, because settings hold secrets.
    const keyOf = (part: Part, settings: unknown): string =>
      createHash("sha256")
        .update(JSON.stringify([part, digests[part], settings]))
        .digest("base64");
    return {
      async embedder(part, settings, open) {
        const key = keyOf(part, settings);
        const known = embedders.get(key);
        if (known) return handle(key, known);
        const opened = { embedder: await open(), users: 0 };
        embedders.set(key, opened);
        return handle(key, opened);
      },
      async keep<T extends object>(part: Part, settings: unknown, open: () => Promise<T>) {
        const key = keyOf(part, settings);
        const found = (asked.get(key) ?? kept?.get(key) ?? (await open())) as T;
        asked.set(key, found);
        return found;
      },
      artifact: kept ? loadArtifactAside : async (...which) => loadArtifact(...which),
      done() {
        kept = asked;
      },
    };
  }

  return { opening };
}

import type { QueueTimes } from "./embedder.ts";
import { estimatedTokens } from "./estimated-tokens.ts";

/** A text and what it is known by: equal keys mean equal texts. */
export interface Entry {
  readonly key: string;
  readonly text: string;
}

export interface Computed {
  readonly vector: Float32Array;
  /** That a model read; 0 when another replica's did. */
  readonly tokens: number;
  readonly truncated: boolean;
  /** Found in the shared cache. */
  readonly cached: boolean;
  readonly queued?: QueueTimes;
}

/** One text that somebody waits for, however many do. */
export interface WantedText extends PromiseWithResolvers<Computed>, Entry {
  /** Calls that still want it. */
  callers: number;
  /** Of the most patient of them, as performance.now(). */
  deadlineAt: number;
  /** Estimated. */
  readonly tokens: number;
  /** When it came into the queue, as performance.now(). */
  waitsSince: number;
  /** When a model took it, as performance.now(). */
  ranAt: number;
  /** In a model, which cannot be told that it is not wanted any more. */
  running: boolean;
}

/** Texts from when the first caller asks for one to its vector or its fault, each once. */
export interface WantedTexts {
  size(): number;
  has(key: string): boolean;
  all(): WantedText[];
  /** A caller more; the text is `fresh` when it is the first. */
  join(entry: Entry, deadlineAt: number): { readonly wanted: WantedText; readonly fresh: boolean };
  /** A caller less. Whether that was the last, so that the text is dropped. */
  leave(wanted: WantedText): boolean;
  /** Not settled and not dropped. */
  isOpen(wanted: WantedText): boolean;
  resolve(wanted: WantedText, computed: Computed): void;
  reject(wanted: WantedText, fault: Error): void;
}

/** `maxTokens`: that the model reads of one text. */
export function wantedTexts(maxTokens: number): WantedTexts {
  const byKey = new Map<string, WantedText>();
  const isOpen = (wanted: WantedText) => byKey.get(wanted.key) === wanted;

  function close(wanted: WantedText): void {
    if (isOpen(wanted)) byKey.delete(wanted.key);
  }

  return {
    size: () => byKey.size,
    has: (key) => byKey.has(key),
    all: () => [...byKey.values()],
    join({ key, text }, deadlineAt) {
      const known = byKey.get(key);
      if (known) {
        known.callers++;
        known.deadlineAt = Math.max(known.deadlineAt, deadlineAt);
        return { wanted: known, fresh: false };
      }
      const promise = Promise.withResolvers<Computed>();
      // Its callers may all be gone when it fails.
      promise.promise.catch(() => undefined);
      const tokens = estimatedTokens(text, maxTokens);
      const state = { callers: 1, deadlineAt, waitsSince: 0, ranAt: 0, running: false };
      const wanted = { ...promise, ...state, key, text, tokens };
      byKey.set(key, wanted);
      return { wanted, fresh: true };
    },
    leave(wanted) {
      wanted.callers--;
      const dropped = wanted.callers === 0 && !wanted.running && isOpen(wanted);
      if (dropped) close(wanted);
      return dropped;
    },
    isOpen,
    resolve(wanted, computed) {
      close(wanted);
      wanted.resolve(computed);
    },
    reject(wanted, fault) {
      close(wanted);
      wanted.reject(fault);
    },
  };
}

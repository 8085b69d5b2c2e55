import { dirname } from "node:path";
import type { RouterConfig } from "../config/schema.ts";
import type { OnAvailability } from "../embed/default-embedder.ts";
import { type ErrorCode, RouterError } from "../errors.ts";
import { type OpenedRouter, openRouter } from "../open-router.ts";
import { fileDigests } from "./digest.ts";
import { withFixedSettings } from "./fixed-settings.ts";
import { sharedParts } from "./shared-parts.ts";
import { type Place, readSource, type Source } from "./source.ts";
import { warm } from "./warm.ts";

export type Trigger = "start" | "files" | "signal" | "retry";

/** What files alone can put right; whatever else failed, as a server that did not answer, is tried again by itself. */
const lasting: readonly ErrorCode[] = [
  "config_not_found",
  "config_invalid",
  "model_not_found",
  "artifact_invalid",
  "artifact_incompatible",
  "selector_untrained",
];
const retryMs = 30_000;

/** How an attempt ended. The last good router serves on unless it is `loaded`. */
export type Attempt = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly trigger: Trigger;
  readonly durationMs: number;
  /** As in `Source`. */
  readonly configHash: string;
} & (
  | { readonly result: "loaded"; readonly generation: number; readonly opened: OpenedRouter }
  | { readonly result: "unchanged" }
  | { readonly result: "failed"; readonly error: RouterError }
);

export interface ReloaderOptions {
  readonly place: Place;
  readonly onAvailability?: OnAvailability;
  /**
   * Called for every attempt, in order; with `loaded`, the router is the callee's to close from when it returns. If it
   * throws then, the router has not been taken: it is closed, and the attempt has failed.
   */
  readonly attempted: (attempt: Attempt) => void;
}

export interface Reloader {
  /** The first router. Rejects with the RouterError that keeps it from opening. */
  start(): Promise<void>;
  /** One at a time: what comes while one runs is one more after it. Resolves when nothing is left to do. */
  reload(trigger: Exclude<Trigger, "start">): Promise<void>;
  /** To be watched: what the configuration was read from, and what it would be read from. */
  files(): readonly string[];
  /** A router that opens meanwhile is closed again. */
  close(): void;
}

/** Opens a new router beside the one that serves whenever what it is made of has changed. */
export function reloader({ place, onAvailability, attempted }: ReloaderOptions): Reloader {
  const places = { configFolder: dirname(place.path), cwd: place.cwd };
  const digests = fileDigests();
  const parts = sharedParts();
  let started: RouterConfig | undefined;
  let generation = 0;
  let serving = "";
  let refused: string | undefined;
  let files: readonly string[] = [place.path];
  let running: Promise<void> | undefined;
  let next: Exclude<Trigger, "start"> | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  async function attempt(trigger: Trigger): Promise<void> {
    const at = Date.now();
    const began = performance.now();
    const source = await readSource(place, digests);
    files = "fault" in source ? [...new Set([...files, ...source.files])] : source.files;
    const tell = (end: object): void =>
      attempted({
        at,
        trigger,
        durationMs: performance.now() - began,
        configHash: source.configHash,
        ...end,
      } as Attempt);
    if (source.version === serving) {
      const isNews = trigger === "signal" || refused !== undefined;
      refused = undefined;
      clearTimeout(retry);
      if (isNews) tell({ result: "unchanged" });
      return;
    }
    // The same as what was refused last time: a signal tries again, as something else may have been at fault.
    if (source.version === refused && trigger === "files") return;
    try {
      const opened = await open(source, trigger);
      if (closed) {
        await opened.router.embedder.close();
        return;
      }
      try {
        tell({ result: "loaded", generation: generation + 1, opened });
      } catch (thrown) {
        await opened.router.embedder.close();
        throw thrown;
      }
      clearTimeout(retry);
      serving = source.version;
      refused = undefined;
      generation++;
    } catch (thrown) {
      if (trigger === "start") throw thrown;
      refused = source.version;
      const error = RouterError.from(thrown);
      clearTimeout(retry);
      if (!lasting.includes(error.code) && !closed) {
        retry = setTimeout(() => void reload("retry"), retryMs).unref();
      }
      tell({ result: "failed", error });
    }
  }

  async function open(source: Source, trigger: Trigger): Promise<OpenedRouter> {
    if ("fault" in source) throw source.fault;
    started ??= source.config;
    const { config, warnings } = withFixedSettings(source.config, started);
    const own = parts.opening(source.digests);
    const opened = await openRouter(config, places, onAvailability, own);
    try {
      if (trigger !== "start") await warm(opened.router);
    } catch (thrown) {
      await opened.router.embedder.close();
      throw thrown;
    }
    own.done();
    return { ...opened, warnings: [...source.warnings, ...warnings, ...opened.warnings] };
  }

  async function whileAsked(): Promise<void> {
    for (let trigger = next; trigger !== undefined && !closed; trigger = next) {
      next = undefined;
      // What failed and could not even be told must not end the process: what serves goes on.
      await attempt(trigger).catch(() => undefined);
    }
    running = undefined;
  }

  function reload(trigger: Exclude<Trigger, "start">): Promise<void> {
    next = next === "signal" ? next : trigger;
    running ??= whileAsked();
    return running;
  }

  return {
    start() {
      const first = attempt("start");
      running = first.then(whileAsked, () => undefined);
      return first;
    },
    reload,
    files: () => files,
    close() {
      closed = true;
      clearTimeout(retry);
    },
  };
}

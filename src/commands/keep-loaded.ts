import type { OnAvailability } from "../embed/default-embedder.ts";
import { watchFiles } from "../files/watch-files.ts";
import type { StreamEvents } from "../observe/events.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import { reloadMetrics } from "../observe/reload-metrics.ts";
import type { Tracing } from "../observe/request-trace.ts";
import { streamEvents } from "../observe/stream-events.ts";
import { type Attempt, type Reloader, reloader } from "../reload/reloader.ts";
import type { Serving } from "../reload/serving.ts";
import { type ConfigStatus, type Told, toldAfter } from "../reload/status.ts";
import type { Router } from "../router.ts";

/** What a stream keeps for its life. */
export interface Served {
  readonly router: Router;
  readonly events: StreamEvents;
}

export interface KeepLoadedOptions {
  /** The configuration's file. */
  readonly config: string;
  /** False: on SIGHUP only. */
  readonly watch: boolean;
}

interface Observers {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly tracing: Tracing | undefined;
}

/** Editors and kubelets do several things at once; a file that is still being written is not read. */
const quietMs = 250;
/** For network file systems, which tell of no change. */
const pollMs = 5_000;

/** Loads the configuration into `live`, and again whenever its files change or SIGHUP asks for it. */
export function keepLoaded(
  options: KeepLoadedOptions,
  live: Serving<Served>,
  { metrics, log, tracing }: Observers,
) {
  const observed = reloadMetrics(metrics.registry, live.open);
  let told: Told | undefined;
  let close = (): void => undefined;

  function attempted(attempt: Attempt): void {
    const after = toldAfter(told, attempt);
    let next: Served | undefined;
    if (attempt.result === "loaded") {
      const { router, loadSeconds } = attempt.opened;
      log.level = router.config.observability.log_level;
      next = { router, events: streamEvents(router.config, metrics, log, tracing) };
      if (attempt.generation === 1) {
        for (const [part, seconds] of Object.entries(loadSeconds)) {
          metrics.load.set({ part }, seconds);
        }
      }
    }
    observed.attempted(attempt.result, after);
    logAttempt(log, options.config, attempt);
    told = after;
    // Last: if any of the above throws, the router is closed again.
    if (next) live.swap(next);
  }

  const loader = reloader({
    place: { path: options.config, env: process.env, cwd: process.cwd() },
    onAvailability: logAvailability(log),
    attempted,
  });

  return {
    /** Resolves when the first router serves, with what GET /config/status tells; rejects when it cannot be opened. */
    async start(): Promise<() => ConfigStatus> {
      process.on("SIGHUP", () => void loader.reload("signal"));
      const watch = options.watch ? await watchConfig(loader, log) : undefined;
      close = () => {
        watch?.close();
        loader.close();
      };
      await loader.start();
      return () => ({
        file: options.config,
        ...(told as Told),
        watching: watch?.mode() ?? "off",
        routers_open: live.open(),
      });
    },
    close: () => close(),
  };
}

const watchConfig = (loader: Reloader, log: Log) =>
  watchFiles({
    paths: loader.files,
    changed: () => void loader.reload("files"),
    quietMs,
    pollMs,
    onPolling: ({ message }) =>
      log.warn(
        { event: "config_watcher_error", error: message },
        `files cannot be watched; they are looked at every ${pollMs / 1000} s`,
      ),
  });

function logAttempt(log: Log, file: string, attempt: Attempt): void {
  const { trigger, configHash: hash } = attempt;
  const duration_ms = Math.round(attempt.durationMs);
  switch (attempt.result) {
    case "loaded":
      for (const warning of attempt.opened.warnings) {
        log.warn({ event: "config_warning" }, warning);
      }
      if (trigger === "start") break;
      log.info(
        {
          event: "config_reloaded",
          file,
          trigger,
          hash,
          generation: attempt.generation,
          duration_ms,
        },
        "config_reloaded",
      );
      break;
    case "unchanged":
      log.info({ event: "config_unchanged", file, trigger, hash }, "what serves is what is there");
      break;
    case "failed":
      log.error(
        {
          event: "config_reload_failed",
          file,
          trigger,
          hash,
          code: attempt.error.code,
          error: attempt.error.message,
        },
        "config_reload_failed: the last good configuration serves on",
      );
  }
  log.flush();
}

const logAvailability =
  (log: Log): OnAvailability =>
  (part, { state, reason }) => {
    if (state === "open")
      log.warn({ event: `${part}_unavailable`, reason }, "cannot be used for now");
    else log.info({ event: `${part}_available` }, "can be used again");
  };

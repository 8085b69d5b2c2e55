import type { ErrorCode } from "../errors.ts";
import type { Attempt } from "./reloader.ts";

/** The body of GET /config/status. Times are RFC 3339. */
export interface ConfigStatus {
  readonly file: string;
  /** Counts the routers of this process; 1 is the first. */
  readonly generation: number;
  /** sha-256 of the file that serves, as `sha256sum` prints it. */
  readonly config_hash: string;
  readonly loaded_at: string;
  readonly last_attempt: {
    readonly at: string;
    readonly trigger: Attempt["trigger"];
    readonly result: Attempt["result"];
    readonly config_hash: string;
    readonly duration_ms: number;
  };
  /** Why what the files say now does not serve; null when it does. */
  readonly last_error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly remedy: string;
  } | null;
  readonly warnings: readonly string[];
  readonly watching: "events" | "polling" | "off";
  /** More than one while streams of earlier routers have not ended. */
  readonly routers_open: number;
}

/** What changes from one attempt to the next. */
export type Told = Omit<ConfigStatus, "file" | "watching" | "routers_open">;

export function toldAfter(before: Told | undefined, attempt: Attempt): Told {
  const at = new Date(attempt.at).toISOString();
  const last_attempt = {
    at,
    trigger: attempt.trigger,
    result: attempt.result,
    config_hash: attempt.configHash,
    duration_ms: Math.round(attempt.durationMs),
  };
  const known = before ?? { generation: 0, config_hash: "", loaded_at: "", warnings: [] };
  switch (attempt.result) {
    case "loaded":
      return {
        generation: attempt.generation,
        config_hash: attempt.configHash,
        loaded_at: new Date(attempt.at + attempt.durationMs).toISOString(),
        last_attempt,
        last_error: null,
        warnings: attempt.opened.warnings,
      };
    case "unchanged":
      return { ...known, last_attempt, last_error: null };
    case "failed": {
      const { code, detail, remedy } = attempt.error;
      return { ...known, last_attempt, last_error: { code, message: detail, remedy } };
    }
  }
}

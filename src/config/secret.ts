import type { Path } from "./problem.ts";
import type { RouterConfig } from "./schema.ts";
import { mapScalars } from "./tree.ts";

const secretKeys: readonly unknown[] = ["access_key", "api_key", "redis_url"];

export const isSecret = (path: Path): boolean =>
  secretKeys.includes(path.at(-1)) || path.at(-2) === "headers";

/** The configuration for logs and /info: every key that opens something reads `***`. */
export function redactedConfig(config: RouterConfig): Record<string, unknown> {
  const hide = (value: unknown, path: Path) => {
    if (isSecret(path) && value) return "***";
    // Some servers take their key there.
    return path.at(-1) === "url" ? String(value).replace(/\?.*/s, "?***") : value;
  };
  return mapScalars(config, hide) as Record<string, unknown>;
}

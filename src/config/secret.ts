import type { Path } from "./problem.ts";
import type { RouterConfig } from "./schema.ts";
import { mapScalars } from "./tree.ts";

const secretKeys: readonly unknown[] = ["access_key", "api_key"];

export const isSecret = (path: Path): boolean => secretKeys.includes(path.at(-1));

/** The configuration for logs and /info: every key that opens something reads `***`. */
export function redactedConfig(config: RouterConfig): Record<string, unknown> {
  const hide = (value: unknown, path: Path) => (isSecret(path) && value ? "***" : value);
  return mapScalars(config, hide) as Record<string, unknown>;
}

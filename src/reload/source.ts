import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Environment } from "../config/environment.ts";
import { parseConfig, readConfigText } from "../config/load.ts";
import type { RouterConfig } from "../config/schema.ts";
import { RouterError } from "../errors.ts";
import type { Part } from "../open-router.ts";
import type { Digests } from "./digest.ts";
import { routerFiles } from "./router-files.ts";
import type { PartDigests } from "./shared-parts.ts";

export interface Place {
  readonly path: string;
  readonly env: Environment;
  readonly cwd: string;
}

/** A configuration and the files that it names, as they are at one moment. */
export type Source = {
  /** sha-256 of the file, in hex, as `sha256sum` prints it; empty when it cannot be read. */
  readonly configHash: string;
  /** Differs whenever anything that a router is made of does. */
  readonly version: string;
  /** Every file that it was read from, and those that would be read if they were there. */
  readonly files: readonly string[];
} & (
  | {
      readonly config: RouterConfig;
      readonly warnings: readonly string[];
      readonly digests: PartDigests;
    }
  | { readonly fault: RouterError }
);

export async function readSource({ path, env, cwd }: Place, digests: Digests): Promise<Source> {
  let text: string;
  try {
    text = readConfigText(path);
  } catch (thrown) {
    const fault = RouterError.from(thrown);
    return { configHash: "", version: fault.message, files: [path], fault };
  }
  const configHash = createHash("sha256").update(text).digest("hex");
  try {
    const { config, warnings } = parseConfig(text, env, path);
    const parts = Object.entries(routerFiles(config, { configFolder: dirname(path), cwd }));
    const held: Record<string, string> = {};
    for (const [part, files] of parts) held[part] = await digests.of(files);
    const version = [configHash, ...Object.values(held)].join(" ");
    const files = [...new Set([path, ...parts.flatMap(([, files]) => files)])];
    return { configHash, version, files, config, warnings, digests: held as Record<Part, string> };
  } catch (thrown) {
    const fault = RouterError.from(thrown);
    return { configHash, version: configHash, files: [path], fault };
  }
}

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { RouterError } from "../errors.ts";

/** Where models come from and where they are kept, in the variables that the hub's own tools read. */
export interface HubSettings {
  /** HF_ENDPOINT: the hub or a mirror of it, without a slash at the end. */
  readonly endpoint: string;
  /** HF_TOKEN, or what the file HF_TOKEN_PATH holds. Sent to `endpoint` only. */
  readonly token?: string;
  /** HF_HUB_CACHE, else $HF_HOME/hub: shared with the hub's own tools, whose layout it has. */
  readonly cacheFolder: string;
  /** HF_HUB_OFFLINE: no connection is ever made. */
  readonly offline: boolean;
}

export type HubEnvironment = {
  readonly [name in
    | "HF_ENDPOINT"
    | "HF_TOKEN"
    | "HF_TOKEN_PATH"
    | "HF_HOME"
    | "HF_HUB_CACHE"
    | "HF_HUB_OFFLINE"
    | "XDG_CACHE_HOME"]?: string | undefined;
};

/** Throws RouterError `config_invalid` for an endpoint that is no URL and for a token file that cannot be read. */
export function hubSettings(env: HubEnvironment): HubSettings {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(userHome(), ".cache"), "huggingface");
  const token = env.HF_TOKEN?.trim() || tokenIn(env.HF_TOKEN_PATH);
  return {
    endpoint: endpointOf(env.HF_ENDPOINT || "https://huggingface.co"),
    ...(token && { token }),
    cacheFolder: env.HF_HUB_CACHE || join(home, "hub"),
    offline: ["1", "true", "yes", "on"].includes((env.HF_HUB_OFFLINE ?? "").toLowerCase()),
  };
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ["http:", "https:"].includes(url.protocol) && !url.username && !url.search) {
    return url.href.replace(/\/+$/, "");
  }
  throw new RouterError(
    "config_invalid",
    "HF_ENDPOINT is no http or https URL, or holds a user or a query",
    "Set it to the hub's address, such as https://huggingface.co, and put the token into HF_TOKEN",
  );
}

function tokenIn(path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new RouterError(
      "config_invalid",
      `HF_TOKEN_PATH is ${path}, which cannot be read`,
      "Correct the path, or unset it where no token is needed",
      { cause },
    );
  }
}

/** A container's user may be a number that no file knows; nothing of the hub is needed to serve what is built in. */
function userHome(): string {
  try {
    return homedir();
  } catch {
    return "/";
  }
}

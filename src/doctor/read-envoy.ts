import type { Tree } from "../config/tree.ts";
import { RouterError } from "../errors.ts";
import { listAt, numberAt, textAt } from "./resource.ts";

/** What an Envoy says of itself: its configuration, and counters by name. */
export interface EnvoyState {
  readonly dump: unknown;
  readonly stats: ReadonlyMap<string, number>;
}

const wanted = "ext_proc|^cluster\\.|^http\\..*\\.downstream_rq_too_large$";
const limitMs = 30_000;
/** Thousands of routes make a few mebibytes. */
const mostBytes = 256 * 1024 * 1024;

/** `url` is of the admin interface. Rejects with RouterError `doctor_failed`. */
export async function readEnvoy(url: string): Promise<EnvoyState> {
  const dump = await getJson(url, "/config_dump");
  const answer = await getJson(url, `/stats?format=json&filter=${encodeURIComponent(wanted)}`);
  const counts = listAt(answer as Tree, "stats").flatMap((stat): [string, number][] => {
    const name = textAt(stat, "name");
    return name ? [[name, numberAt(stat, "value") ?? 0]] : [];
  });
  return { dump, stats: new Map(counts) };
}

/** GET of `base` + `path`, JSON of at most `maxBytes`. Rejects with RouterError `doctor_failed`. */
export async function getJson(base: string, path: string, maxBytes = mostBytes): Promise<unknown> {
  const url = URL.parse(path, base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new RouterError(
      "doctor_failed",
      `${shown(base)} is no address`,
      "Write http://host:port",
    );
  }
  if (url.username || url.password) {
    throw new RouterError(
      "doctor_failed",
      `${shown(base)} holds a user or a password, which are not sent`,
      "Write http://host:port; reach what asks for a password by kubectl port-forward or a tunnel",
    );
  }
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error(`it answers ${answer.status}`);
    }
    return JSON.parse(await textOf(answer, maxBytes));
  } catch (cause) {
    const { message, cause: below } = cause as Error & { cause?: Error };
    const why = below instanceof Error ? below.message || message : message;
    throw new RouterError(
      "doctor_failed",
      `GET ${url.origin}${url.pathname}: ${why}`,
      "Check the address; of a pod: kubectl port-forward POD 19000, then --envoy-admin http://127.0.0.1:19000",
      { cause },
    );
  }
}

/** Without what stands before the host. */
const shown = (base: string): string => base.replace(/^.*@/s, "***@");

async function textOf({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error("its answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

import { RouterError } from "../errors.ts";

/** What an Envoy says of itself: its configuration, and counters by name. */
export interface EnvoyState {
  readonly dump: unknown;
  readonly stats: ReadonlyMap<string, number>;
}

const wanted = "ext_proc|^cluster\\.|^http\\..*\\.downstream_rq_too_large$";
const limitMs = 30_000;
/** Thousands of routes make a few mebibytes. */
const maxBytes = 256 * 1024 * 1024;

/** `url` is of the admin interface. Rejects with RouterError `doctor_failed`. */
export async function readEnvoy(url: string): Promise<EnvoyState> {
  const dump = await getJson(url, "/config_dump");
  const { stats } = (await getJson(
    url,
    `/stats?format=json&filter=${encodeURIComponent(wanted)}`,
  )) as {
    readonly stats: readonly { readonly name?: string; readonly value?: unknown }[];
  };
  return {
    dump,
    stats: new Map(stats.flatMap(({ name, value }) => (name ? [[name, Number(value)]] : []))),
  };
}

/** GET of `base` + `path`, JSON. Rejects with RouterError `doctor_failed`. */
export async function getJson(base: string, path: string): Promise<unknown> {
  const url = URL.parse(path, base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new RouterError("doctor_failed", `${base} is no address`, "Write http://host:port");
  }
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const text = await answer.text();
    if (text.length > maxBytes) throw new Error("its answer is too long");
    return JSON.parse(text);
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

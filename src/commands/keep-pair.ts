import { RouterError } from "../errors.ts";
import { watchFiles } from "../files/watch-files.ts";
import { readPair, type TlsFiles, type TlsPair } from "../listen/tls/read-pair.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import { tlsMetrics } from "../observe/tls-metrics.ts";

/** A certificate and its key are two files, replaced one after the other: by then both are there. */
const quietMs = 250;
const pollMs = 5_000;
/** A certificate may begin a little ahead of this machine's clock, and no file changes when that time has come. */
const retryMs = 60_000;
const dayMs = 24 * 60 * 60 * 1000;
/** The log says so each day from then on. */
const soonDays = 14;

export interface KeptPair {
  /** As it is at the start. */
  readonly pair: TlsPair;
  /** From now on `replace` is given every new pair; at once, if the files have changed since `pair` was read. */
  follow(replace: (pair: TlsPair) => void): void;
  /** Reads the files again, as SIGHUP asks for. */
  reload(): void;
  close(): void;
}

/**
 * Reads the pair, and again whenever its files change: whoever follows is then given the new one. A pair that cannot be
 * used leaves the one before in use, and is tried again each minute. Rejects with RouterError `tls_invalid` when the first
 * cannot be used.
 */
export async function keepPair(
  files: TlsFiles,
  { log, registry, watch }: { log: Log; registry: Metrics["registry"]; watch: boolean },
): Promise<KeptPair> {
  const first = readPair(files);
  let serving = first;
  let replace: ((pair: TlsPair) => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  const metrics = tlsMetrics(registry);
  metrics.serving(serving.validTo);
  warnOfEnd();
  const daily = setInterval(warnOfEnd, dayMs).unref();

  function warnOfEnd(): void {
    const days = Math.floor((serving.validTo.getTime() - Date.now()) / dayMs);
    if (days >= soonDays) return;
    const line = { event: "tls_certificate_ends", not_after: serving.validTo.toISOString(), days };
    log.warn(line, "renew the certificate of the gRPC listener");
  }

  function reload(): void {
    // Whoever follows later begins with what is there then.
    if (!replace) return;
    clearTimeout(retry);
    try {
      const read = readPair(files);
      const pairs = [serving, read].map(({ cert, key, clientCa }) => [cert, key, clientCa]);
      if (same(pairs)) return;
      replace(read);
      serving = read;
      metrics.serving(serving.validTo);
      metrics.replaced("loaded");
      const line = { event: "tls_certificate_replaced", not_after: serving.validTo.toISOString() };
      log.info(line, "new connections get the new certificate");
      warnOfEnd();
    } catch (thrown) {
      const { code, message } = RouterError.from(thrown);
      metrics.replaced("failed");
      retry = setTimeout(reload, retryMs).unref();
      log.error(
        { event: "tls_reload_failed", code, error: message },
        "tls_reload_failed: the certificate before stays in use",
      );
    }
    log.flush();
  }

  const { certFile, keyFile, clientCaFile } = files;
  const paths = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const watcher = watch
    ? await watchFiles({ paths: () => paths, changed: reload, quietMs, pollMs })
    : undefined;
  return {
    pair: first,
    follow(taker) {
      replace = taker;
      reload();
    },
    reload,
    close() {
      replace = undefined;
      clearTimeout(retry);
      clearInterval(daily);
      watcher?.close();
    },
  };
}

const same = ([before, after]: readonly (readonly (Buffer | undefined)[])[]): boolean =>
  (before ?? []).every((bytes, at) => {
    const other = after?.[at];
    return bytes && other ? bytes.equals(other) : bytes === other;
  });

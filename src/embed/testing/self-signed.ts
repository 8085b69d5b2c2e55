import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SelfSigned {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Of the certificate, for NODE_EXTRA_CA_CERTS. */
  readonly path: string;
  readonly folder: string;
}

/** A certificate for 127.0.0.1 that nobody trusts by itself; undefined, with a word on stderr, without openssl. */
export function selfSigned(): SelfSigned | undefined {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-tls-"));
  const [keyPath, path] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(
    " ",
  );
  const whose = ["-subj", "/CN=signalbox test", "-addext", "subjectAltName=IP:127.0.0.1"];
  try {
    execFileSync("openssl", [...what, ...whose, "-keyout", keyPath, "-out", path], {
      stdio: "ignore",
    });
  } catch {
    process.stderr.write("signalbox: TESTS WITH TLS ARE SKIPPED, there is no openssl\n");
    return undefined;
  }
  return { key: readFileSync(keyPath), cert: readFileSync(path), path, folder };
}

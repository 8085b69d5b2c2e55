import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Paths of PEM files. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that lives as long as a test. */
export interface Authority {
  readonly ca: string;
  readonly folder: string;
  /** For 127.0.0.1, valid for two days. */
  issue(name: string): Issued;
  remove(): void;
}

/** Made by openssl; undefined, with a word on stderr, where there is none. */
export function openAuthority(): Authority | undefined {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-ca-"));
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const key = "ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
  const subject = (name: string) => ["-subj", `/CN=${name}`];
  const ca = at("ca.pem");
  try {
    openssl(
      "req",
      "-x509",
      "-newkey",
      ...key,
      "-days",
      "2",
      ...subject("a test's CA"),
      "-keyout",
      at("ca-key.pem"),
      "-out",
      ca,
    );
  } catch {
    process.stderr.write("signalbox: TESTS WITH TLS ARE SKIPPED, there is no openssl\n");
    rmSync(folder, { recursive: true });
    return undefined;
  }
  writeFileSync(
    at("extensions"),
    "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n",
  );
  return {
    ca,
    folder,
    issue(name) {
      const issued = { cert: at(`${name}.pem`), key: at(`${name}-key.pem`) };
      openssl(
        "req",
        "-new",
        "-newkey",
        ...key,
        ...subject(name),
        "-keyout",
        issued.key,
        "-out",
        at("request"),
      );
      openssl(
        "x509",
        "-req",
        "-in",
        at("request"),
        "-CA",
        ca,
        "-CAkey",
        at("ca-key.pem"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        at("extensions"),
        "-out",
        issued.cert,
      );
      return issued;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import { RouterError } from "../../errors.ts";
import { readBounded } from "../../files/read-bounded.ts";

/** Where the parts of a server's identity lie. */
export interface TlsFiles {
  /** PEM: the certificate first, then those that vouch for it. */
  readonly certFile: string;
  /** PEM, without a pass phrase. */
  readonly keyFile: string;
  /** PEM: authorities of which clients must show a certificate. Without it no client is asked for one. */
  readonly clientCaFile?: string | undefined;
}

/** What TlsFiles held, found to fit. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa?: Buffer;
  /** When the certificate ends. */
  readonly validTo: Date;
}

const maxBytes = 1024 * 1024;

/**
 * Reads and checks the files. RouterError `tls_invalid` when one cannot be read or is no PEM, when the key is not the
 * certificate's, or when the certificate is no longer or not yet valid at `now`. No message holds any of a key.
 */
export function readPair({ certFile, keyFile, clientCaFile }: TlsFiles, now = new Date()): TlsPair {
  const cert = read(certFile, "certificate");
  const key = read(keyFile, "key");
  const clientCa = clientCaFile === undefined ? undefined : read(clientCaFile, "client CA");
  const leaf = certificateOf(cert, certFile);
  if (clientCa && clientCaFile !== undefined) certificateOf(clientCa, clientCaFile);
  if (!leaf.checkPrivateKey(privateKeyOf(key, keyFile))) {
    throw invalid(
      `the key in ${keyFile} is not that of the certificate in ${certFile}`,
      "Give the key that the certificate was made for; while both are being replaced, the pair before stays in use",
    );
  }
  const [validFrom, validTo] = [leaf.validFromDate, leaf.validToDate];
  if (now > validTo) {
    throw invalid(`the certificate in ${certFile} ended on ${validTo.toISOString()}`, "Renew it");
  }
  if (now < validFrom) {
    throw invalid(
      `the certificate in ${certFile} begins on ${validFrom.toISOString()}`,
      "Correct this machine's clock, or wait",
    );
  }
  return { cert, key, validTo, ...(clientCa && { clientCa }) };
}

const remedyOf = (what: string): string =>
  `Give the path of a ${what} in PEM that signalbox may read`;
const invalid = (detail: string, remedy: string): RouterError =>
  new RouterError("tls_invalid", detail, remedy);

function read(path: string, what: string): Buffer {
  const remedy = remedyOf(what);
  return readBounded(path, maxBytes, {
    unreadable: { code: "tls_invalid", remedy },
    tooLarge: { code: "tls_invalid", remedy },
  });
}

function certificateOf(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid(`${path} holds no certificate in PEM`, remedyOf("certificate"));
  }
}

function privateKeyOf(pem: Buffer, path: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    // The parser's message may quote what it read.
    throw invalid(`${path} holds no key in PEM without a pass phrase`, remedyOf("key"));
  }
}

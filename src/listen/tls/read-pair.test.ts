import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type SelfSigned, selfSigned } from "../../embed/testing/self-signed.ts";
import { readPair } from "./read-pair.ts";

const one = selfSigned();
const other = selfSigned();
const folder = mkdtempSync(join(tmpdir(), "pair-"));
afterAll(() => {
  for (const made of [one?.folder, other?.folder, folder])
    made && rmSync(made, { recursive: true });
});

describe.runIf(one)("a pair", () => {
  const { path: certFile, folder: own, key } = one ?? ({} as SelfSigned);
  const keyFile = join(own ?? "", "key.pem");
  const nonsense = join(folder, "nonsense.pem");
  writeFileSync(nonsense, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

  test("that fits, with an authority for clients", () => {
    const pair = readPair({ certFile, keyFile, clientCaFile: certFile });
    expect(pair.key.equals(key)).toBe(true);
    expect(pair.validTo.getTime()).toBeGreaterThan(Date.now());
    expect(pair.clientCa?.equals(pair.cert)).toBe(true);
  });

  test.each([
    ["a missing key", { keyFile: "/nowhere/key.pem" }, "/nowhere/key.pem"],
    ["a key that is none", { keyFile: nonsense }, "holds no key in PEM"],
    ["a certificate that is none", { certFile: nonsense }, "holds no certificate in PEM"],
    ["an authority that is none", { clientCaFile: nonsense }, "holds no certificate in PEM"],
    ["a folder", { certFile: folder }, folder],
    ["the key of another", { keyFile: join(other?.folder ?? "", "key.pem") }, "is not that of"],
  ])("%s is refused, by its path and without its content", (_, changed, words) => {
    try {
      readPair({ certFile, keyFile, ...changed });
      expect.unreachable();
    } catch (thrown) {
      const { code, message } = thrown as { code: string; message: string };
      expect(code).toBe("tls_invalid");
      expect(message).toContain(words);
      expect(message).not.toContain("c2VjcmV0");
    }
  });

  test("that has ended, or has not begun", () => {
    const year = 365 * 24 * 3600 * 1000;
    const read = (now: Date) => () => readPair({ certFile, keyFile }, now);
    expect(read(new Date(Date.now() + year))).toThrow("ended on");
    expect(read(new Date(Date.now() - year))).toThrow("begins on");
  });
});

import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";
import { type Authority, openAuthority } from "../testing/certificates.ts";
import { mathQuery, startWireBehind, type Wire } from "./start-wire.ts";

const authority = openAuthority();
const stranger = authority && openAuthority();
afterAll(() => {
  authority?.remove();
  stranger?.remove();
});

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

const body = chatBody(mathQuery);
const config = join(import.meta.dirname, "wire.yaml");

async function start(flags: readonly string[]): Promise<Wire> {
  const wire = await startWireBehind(await startSignalbox({ config, flags }));
  cleanup.push(() => wire.stop());
  return wire;
}

const selected = async (url: string): Promise<unknown> =>
  (await ask(url, { body })).headers["x-vsr-selected-model"];

test("a Unix socket, with the rights that are asked for, and gone after the end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-uds-"));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, "grpc.sock");
  const wire = await start(["--socket", socket]);
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  const envoy = await wire.envoy({ extProcSocket: socket });
  expect(await selected(envoy.url)).toBe("solver");
  await wire.signalbox.child.stop();
  expect(existsSync(socket)).toBe(false);
});

describe.runIf(authority)("TLS", () => {
  // Collected also where it is skipped.
  const { ca, issue, folder } = authority ?? ({} as Authority);

  test("a server's certificate: Envoy is answered, and one that trusts another authority is not", async () => {
    const { cert, key } = issue("server");
    const wire = await start(["--tls-cert", cert, "--tls-key", key]);
    const trusting = await wire.envoy({ extProcTls: { ca } });
    const wary = await wire.envoy({ extProcTls: { ca: (stranger as Authority).ca } });
    const plain = await wire.envoy();
    expect(await selected(trusting.url)).toBe("solver");
    for (const other of [wary, plain]) {
      expect((await ask(other.url, { body })).status).toBe(500);
    }
  });

  test("client certificates: only those of the configured authority are let in", async () => {
    const own = issue("envoy");
    const foreign = (stranger as Authority).issue("foreign");
    const { cert, key } = issue("server");
    const wire = await start(["--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ca]);
    const known = await wire.envoy({ extProcTls: { ca, ...own } });
    const unknown = await wire.envoy({ extProcTls: { ca, ...foreign } });
    const nameless = await wire.envoy({ extProcTls: { ca } });
    expect(await selected(known.url)).toBe("solver");
    for (const other of [unknown, nameless]) {
      expect((await ask(other.url, { body })).status).toBe(500);
    }
  });

  test("a certificate that is swapped as Kubernetes swaps it, under load: no request fails", async () => {
    const secret = join(folder, "secret");
    mkdirSync(secret);
    const link = (name: string) => symlinkSync(join("..data", name), join(secret, name));
    const first = issue("first");
    putSecret(secret, "v1", first);
    link("tls.crt");
    link("tls.key");
    const files = ["--tls-cert", join(secret, "tls.crt"), "--tls-key", join(secret, "tls.key")];
    const wire = await start(files);
    const envoy = await wire.envoy({ extProcTls: { ca } });
    let over = false;
    const statuses = new Map<number, number>();
    const load = Array.from({ length: 4 }, async () => {
      while (!over) {
        const { status } = await ask(envoy.url, { body });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const { signalbox } = wire;
    expect(await nameOf(signalbox)).toBe("CN=first");
    putSecret(secret, "v2", issue("second"));
    await expect
      .poll(() => nameOf(signalbox), { timeout: 15_000, interval: 100 })
      .toBe("CN=second");
    // A key that is not the certificate's leaves the pair before in use.
    putSecret(secret, "v3", { cert: first.cert, key: issue("third").key });
    const failures = 'signalbox_tls_reloads_total{result="failed"} 1';
    await expect.poll(() => metricsOf(signalbox), { timeout: 15_000 }).toContain(failures);
    expect(await nameOf(signalbox)).toBe("CN=second");
    over = true;
    await Promise.all(load);
    expect([...statuses.keys()]).toEqual([200]);
    // Connections that were open went on.
    expect(await envoy.stat("cluster.signalbox.upstream_cx_total")).toBe(1);
    const ends = new X509Certificate(readFileSync(join(folder, "second.pem"))).validToDate;
    expect(await metricsOf(signalbox)).toContain(
      `signalbox_tls_certificate_not_after_timestamp_seconds ${ends.getTime() / 1000}\n`,
    );
  });

  test("a pair that does not fit is refused at the start, by its code", async () => {
    const { cert } = issue("one");
    const { key } = issue("other");
    const started = startSignalbox({ config, flags: ["--tls-cert", cert, "--tls-key", key] });
    await expect(started).rejects.toThrow(/\[tls_invalid\].*is not that of the certificate/);
  });
});

/** A version of a Secret's files, put in place by one rename of the link that all others go through. */
function putSecret(secret: string, version: string, { cert, key }: { cert: string; key: string }) {
  mkdirSync(join(secret, version));
  writeFileSync(join(secret, version, "tls.crt"), readFileSync(cert));
  writeFileSync(join(secret, version, "tls.key"), readFileSync(key));
  symlinkSync(version, join(secret, "..new"));
  renameSync(join(secret, "..new"), join(secret, "..data"));
}

/** Of the certificate that a new connection is shown. */
async function nameOf({ grpcPort }: Signalbox): Promise<string> {
  const options = { host: "127.0.0.1", port: grpcPort, rejectUnauthorized: false };
  const socket = connect({ ...options, ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  const subject = socket.getPeerX509Certificate()?.subject ?? "";
  socket.destroy();
  return subject;
}

const metricsOf = async ({ metricsUrl }: Signalbox): Promise<string> =>
  (await fetch(metricsUrl)).text();

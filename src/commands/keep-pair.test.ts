import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type SelfSigned, selfSigned } from "../embed/testing/self-signed.ts";
import type { TlsPair } from "../listen/tls/read-pair.ts";
import { createLog } from "../observe/log.ts";
import { keepPair } from "./keep-pair.ts";

const one = selfSigned();
const renewed = selfSigned();
const folder = mkdtempSync(join(tmpdir(), "keep-pair-"));
const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
afterAll(() => {
  for (const made of [one?.folder, renewed?.folder, folder])
    if (made !== undefined) rmSync(made, { recursive: true });
});
afterEach(() => void vi.useRealTimers());

function put(pair: SelfSigned): void {
  writeFileSync(keyFile, pair.key);
  copyFileSync(pair.path, certFile);
}

/** On SIGHUP alone, so that only the clock that a test sets moves it. */
async function kept() {
  vi.useFakeTimers({
    toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
  });
  // Lines that wait to be written would have a timer too.
  const log = createLog("silent");
  const registry = new Registry();
  const pair = await keepPair({ certFile, keyFile }, { log, registry, watch: false });
  onTestFinished(pair.close);
  const replaced: TlsPair[] = [];
  const count = async (result: string) =>
    (await registry.getSingleMetric("signalbox_tls_reloads_total")?.get())?.values.find(
      ({ labels }) => labels["result"] === result,
    )?.value;
  const follow = () => pair.follow((next) => replaced.push(next));
  return { pair, replaced, follow, count };
}

describe.runIf(one && renewed)("the pair of a listener", () => {
  const [first, second] = [one, renewed] as [SelfSigned, SelfSigned];

  test("a renewed certificate that has not begun is tried again each minute, until it has", async () => {
    put(first);
    const { pair, replaced, follow, count } = await kept();
    const before = vi.getTimerCount();
    follow();
    const now = Date.now();
    put(second);
    vi.setSystemTime(now - 3_600_000);
    for (let time = 0; time < 3; time++) pair.reload();
    expect(await count("failed")).toBe(3);
    expect(vi.getTimerCount()).toBe(before + 1);
    vi.advanceTimersByTime(60_000);
    expect(await count("failed")).toBe(4);
    expect(replaced).toEqual([]);
    vi.setSystemTime(now);
    vi.advanceTimersByTime(60_000);
    expect(replaced.map(({ cert }) => cert)).toEqual([second.cert]);
    expect(vi.getTimerCount()).toBe(before);
  });

  test("a pair that was put back, and a close, end the tries", async () => {
    put(first);
    const { pair, replaced, follow } = await kept();
    const before = vi.getTimerCount();
    follow();
    copyFileSync(second.path, certFile);
    pair.reload();
    expect(vi.getTimerCount()).toBe(before + 1);
    put(first);
    pair.reload();
    expect(vi.getTimerCount()).toBe(before);
    copyFileSync(second.path, certFile);
    pair.reload();
    pair.close();
    // Neither the tries nor the daily look at the end.
    expect(vi.getTimerCount()).toBe(before - 1);
    put(second);
    pair.reload();
    expect(replaced).toEqual([]);
  });

  test("files that change before the listener is there are what it gets", async () => {
    put(first);
    const { pair, replaced, follow, count } = await kept();
    put(second);
    pair.reload();
    follow();
    expect(pair.pair.cert).toEqual(first.cert);
    expect(replaced.map(({ cert }) => cert)).toEqual([second.cert]);
    expect(await count("failed")).toBe(0);
  });
});

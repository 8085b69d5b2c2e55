import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { runCli } from "./testing/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-crash-"));
afterAll(() => rm(folder, { recursive: true }));

const queries = 400;
/** Mark, key, 1024 singles, checksum. */
const entryBytes = 4 + 32 + 4096 + 4;
const lines = Array.from({ length: queries }, (_, at) =>
  ["a", "b"].map((model_name) =>
    JSON.stringify({
      query: `question ${at}: what is ${at % 7} times ${at % 13}, and why is it so?`,
      ...{ category: at % 2 ? "math" : "law", model_name },
      performance: (model_name === "a") === (at % 2 === 0) ? 1 : 0,
    }),
  ),
);
writeFileSync(join(folder, "records.jsonl"), lines.flat().join("\n"));

const args = (name: string, cache: string) => [
  ...["train", "--data-file", join(folder, "records.jsonl"), "--output-dir", join(folder, name)],
  ...["--cache-dir", join(folder, cache), "--algorithm", "kmeans", "--kmeans-clusters", "4"],
  ...["--batch-size", "4", "--format", "json", "--json"],
];

const contents = (name: string): string =>
  readdirSync(join(folder, name))
    .sort()
    .map((file) => readFileSync(join(folder, name, file), "utf8"))
    .join("\n");

const cacheSize = (cache: string): number => {
  try {
    const [file = "none"] = readdirSync(join(folder, cache));
    return statSync(join(folder, cache, file)).size;
  } catch {
    return 0;
  }
};

test("killed while it fills the cache, the next run goes on; two at once share one", async () => {
  const [one, other] = await Promise.all([
    runCli(args("one", "shared")),
    runCli(args("other", "shared")),
  ]);
  expect([one.code, other.code], one.err + other.err).toEqual([0, 0]);
  expect(contents("other")).toBe(contents("one"));

  // Early enough that the kill does not come too late on a busy machine.
  const cut = entryBytes * Math.floor(20 + Math.random() * (queries / 3));
  const child = spawn(
    process.execPath,
    [join(packageRoot, "src/cli.ts"), ...args("killed", "own")],
    { stdio: "ignore" },
  );
  const ended = once(child, "exit");
  while (cacheSize("own") < cut && child.exitCode === null) await sleep(2);
  child.kill("SIGKILL");
  expect(await ended, `cut at ${cut} bytes`).toEqual([null, "SIGKILL"]);
  const whole = Math.floor(cacheSize("own") / entryBytes);
  expect(whole).toBeGreaterThanOrEqual(20);
  expect(whole).toBeLessThan(queries);

  const resumed = await runCli(args("killed", "own"));
  expect(resumed.code, resumed.err).toBe(0);
  expect(JSON.parse(resumed.out).embedded).toEqual({ cached: whole, computed: queries - whole });
  expect(contents("killed")).toBe(contents("one"));
  const vectors = new Set<string>();
  const cached = readFileSync(join(folder, "own", readdirSync(join(folder, "own"))[0] ?? ""));
  for (let at = cached.indexOf("sbv1"); at >= 0; at = cached.indexOf("sbv1", at + 1))
    vectors.add(cached.toString("hex", at + 4, at + 36));
  expect(cached.length - queries * entryBytes).toBeLessThan(entryBytes);
  expect(vectors.size).toBeGreaterThanOrEqual(queries);
}, 120_000);

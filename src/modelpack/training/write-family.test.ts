import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { lockFile } from "../../files/lock-file.ts";
import { openModelPack } from "../open-model-pack.ts";
import { topicRows } from "../testing/toy-rows.ts";
import { trainToy } from "../testing/train-toy.ts";
import { figureNames } from "./family-files.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let root: string;
let [older, newer] = ["", ""];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "signalbox-write-family-"));
  [older, newer] = [join(root, "older"), join(root, "newer")];
  await trainToy(older, { train: topicRows(300, 1), test: topicRows(90, 2) });
  await trainToy(newer, { train: topicRows(300, 3) });
});
afterAll(() => rmSync(root, { recursive: true }));

const revisionOf = (folder: string) => openModelPack(folder).revisions.router;
const tensorsIn = (folder: string) =>
  readdirSync(folder).filter((name) => name.endsWith(".safetensors"));

/** Writes the newer model over the older one in another process, which dies before its change number `at` of the folder. */
function killedAt(at: number, folder: string): boolean {
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "../testing/write-and-die.ts"), newer, folder, `${at}`],
    { encoding: "utf8" },
  );
  if (signal !== "SIGKILL") expect([status, stderr]).toEqual([0, ""]);
  return signal === "SIGKILL";
}

test("killed before any of its changes, a run leaves a model that opens: the old one, or the new", () => {
  const [before, after] = [revisionOf(older), revisionOf(newer)];
  expect(before).not.toBe(after);
  const seen: (string | undefined)[] = [];
  for (let at = 1, killed = true; killed; at++) {
    const folder = join(root, `killed-${at}`);
    cpSync(older, folder, { recursive: true });
    killed = killedAt(at, folder);
    seen.push(revisionOf(folder));
  }
  // A rename of the tensors, 7 figures written or removed, the header, the old tensors, and one run to its end.
  expect(seen.length).toBeGreaterThan(10);
  const first = seen.indexOf(after);
  expect(seen).toEqual(seen.map((_, at) => (at < first ? before : after)));
  expect(first).toBeGreaterThan(0);
});

test("the next run takes away what a killed one left, and figures that are none of its own", async () => {
  const folder = join(root, "next");
  cpSync(older, folder, { recursive: true });
  expect(figureNames("router").filter((name) => existsSync(join(folder, name)))).toHaveLength(5);
  expect(killedAt(2, folder)).toBe(true);
  expect(tensorsIn(folder)).toHaveLength(2);
  rmSync(join(folder, "router_test.jsonl.gz"));
  await trainToy(folder, { train: topicRows(300, 5) });
  const { tensors } = JSON.parse(readFileSync(join(folder, "router_model.json"), "utf8"));
  expect(tensorsIn(folder)).toEqual([tensors]);
  expect(figureNames("router").filter((name) => existsSync(join(folder, name)))).toEqual([
    "router_label_map.json",
    "router_epoch_stats.json",
    "router_training_metadata.json",
  ]);
});

test("two runs never write into one folder", async () => {
  const folder = join(root, "shared");
  const release = lockFile(join(folder, "manifest.json"));
  const training = () => trainToy(folder, { train: topicRows(90, 1) });
  await expect(training()).rejects.toMatchObject({ code: "output_in_use" });
  release();
  const [one, other] = await Promise.allSettled([training(), training()]);
  expect(one.status).toBe("fulfilled");
  expect(other).toMatchObject({ status: "rejected", reason: { code: "output_in_use" } });
  expect(readdirSync(folder)).not.toContain("manifest.json.lock");
});

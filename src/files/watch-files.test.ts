import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { foldersOf, watchFiles } from "./watch-files.ts";

const newFolder = () => realpathSync(mkdtempSync(join(tmpdir(), "signalbox-watch-")));

/** Without polling, unless asked for it: what is seen was told by the system. */
async function watching(paths: readonly string[], pollMs = 1_000_000, quietMs = 30) {
  let changes = 0;
  const watch = await watchFiles({
    paths: () => paths,
    changed: () => changes++,
    quietMs,
    pollMs,
  });
  onTestFinished(() => watch.close());
  return { watch, changes: () => changes };
}

/** As the kubelet: a new folder, a new link to it, renamed over `..data`; the old folder goes. */
function swapConfigMap(folder: string, version: number, text: string): void {
  const own = `..2026_11_21_${version}`;
  mkdirSync(join(folder, own));
  writeFileSync(join(folder, own, "config.yaml"), text);
  symlinkSync(own, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  if (version > 1) rmSync(join(folder, `..2026_11_21_${version - 1}`), { recursive: true });
}

function configMap() {
  const folder = newFolder();
  swapConfigMap(folder, 1, "one");
  symlinkSync("..data/config.yaml", join(folder, "config.yaml"));
  return folder;
}

test("Kubernetes swaps ..data of a ConfigMap, again and again", async () => {
  const folder = configMap();
  const { changes } = await watching([join(folder, "config.yaml")]);
  for (let version = 2; version < 5; version++) {
    swapConfigMap(folder, version, `version ${version}`);
    await expect.poll(changes).toBe(version - 1);
  }
});

test("a link elsewhere that leads into a ConfigMap", async () => {
  const folder = configMap();
  const link = join(newFolder(), "signalbox.yaml");
  symlinkSync(join(folder, "config.yaml"), link);
  const { changes } = await watching([link]);
  swapConfigMap(folder, 2, "two");
  await expect.poll(changes).toBe(1);
});

test("an editor's rename over the file, and a file that comes", async () => {
  const folder = newFolder();
  const [file, later] = [join(folder, "config.yaml"), join(folder, "later.json")];
  writeFileSync(file, "one");
  const { changes } = await watching([file, later]);
  writeFileSync(join(folder, ".config.yaml.swp"), "two");
  renameSync(join(folder, ".config.yaml.swp"), file);
  await expect.poll(changes).toBe(1);
  writeFileSync(later, "{}");
  await expect.poll(changes).toBe(2);
  rmSync(later);
  await expect.poll(changes).toBe(3);
});

test("a file that is written in parts is told of once, after the last", async () => {
  const file = join(newFolder(), "config.yaml");
  writeFileSync(file, "");
  const { changes } = await watching([file], undefined, 250);
  for (let part = 0; part < 20; part++) {
    writeFileSync(file, "x".repeat(part * 100));
    await sleep(5);
    expect(changes()).toBe(0);
  }
  await expect.poll(changes, { timeout: 5000 }).toBe(1);
  await sleep(600);
  expect(changes()).toBe(1);
});

test("other files of the folder are nobody's business", async () => {
  const folder = newFolder();
  const file = join(folder, "config.yaml");
  writeFileSync(file, "one");
  const { changes } = await watching([file]);
  for (let n = 0; n < 10; n++) writeFileSync(join(folder, `other-${n}`), "");
  await sleep(200);
  expect(changes()).toBe(0);
});

test("a folder that is made anew is watched again, by looking at it from time to time", async () => {
  const above = newFolder();
  const folder = join(above, "etc");
  const file = join(folder, "config.yaml");
  mkdirSync(folder);
  writeFileSync(file, "one");
  const { changes } = await watching([file], 50);
  renameSync(folder, join(above, "old"));
  await expect.poll(changes).toBe(1);
  mkdirSync(folder);
  writeFileSync(file, "two");
  await expect.poll(changes).toBeGreaterThan(1);
  const before = changes();
  utimesSync(file, 1, 1);
  await expect.poll(changes).toBe(before + 1);
});

test("what decides where a path leads: its folder, those of its links, or the last one there is", async () => {
  const folder = configMap();
  const own = join(folder, "..2026_11_21_1");
  expect((await foldersOf(join(folder, "config.yaml"))).sort()).toEqual([folder, own].sort());
  expect(await foldersOf(join(folder, "none", "at", "all"))).toEqual([folder]);
  symlinkSync("circle", join(folder, "circle"));
  expect(await foldersOf(join(folder, "circle"))).toEqual([folder]);
});

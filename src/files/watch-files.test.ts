import fs, {
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { foldersOf, watchFiles } from "./watch-files.ts";

function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "signalbox-watch-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

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

/** Until the test ends, the system's own function of that name is called by `other`. */
function instead<Of extends object, Name extends keyof Of>(of: Of, name: Name, other: Of[Name]) {
  const own = of[name];
  const set = (value: Of[Name]) => {
    of[name] = value;
    syncBuiltinESMExports();
  };
  set(other);
  onTestFinished(() => set(own));
}

test("a link that goes while it is looked at", async () => {
  const folder = configMap();
  const file = join(folder, "config.yaml");
  const { readlink } = fs.promises;
  let gone = 0;
  instead(fs.promises, "readlink", (async (path: string) => {
    if (path === join(folder, "..data") && gone++ < 3) unlinkSync(path);
    const found = readlink(path);
    if (gone > 0 && gone < 4) await found.catch(() => symlinkSync("..2026_11_21_1", path));
    return found;
  }) as typeof readlink);
  expect(await foldersOf(file)).toEqual([folder]);
  const { changes } = await watching([file], 20, 5);
  await expect.poll(() => gone).toBeGreaterThan(4);
  instead(fs.promises, "readlink", readlink);
  const before = changes();
  swapConfigMap(folder, 2, "two");
  await expect.poll(changes).toBeGreaterThan(before);
});

test("a look that fails, or a change that cannot be dealt with, ends nothing", async () => {
  const file = join(newFolder(), "config.yaml");
  writeFileSync(file, "one");
  let fails = false;
  let changes = 0;
  const reasons: string[] = [];
  const watch = await watchFiles({
    paths() {
      if (fails) throw new Error("no paths");
      return [file];
    },
    changed() {
      changes++;
      throw new Error("not dealt with");
    },
    quietMs: 5,
    pollMs: 20,
    onPolling: ({ message }) => reasons.push(message),
  });
  onTestFinished(() => watch.close());
  fails = true;
  await expect.poll(() => reasons).toEqual(["no paths"]);
  expect(watch.mode()).toBe("polling");
  fails = false;
  for (let version = 1; version < 4; version++) {
    writeFileSync(file, "x".repeat(version * 10));
    await expect.poll(() => changes).toBe(version);
  }
  await expect.poll(watch.mode).toBe("events");
});

test("a watcher that the system ended is made again", async () => {
  const file = join(newFolder(), "config.yaml");
  writeFileSync(file, "one");
  const made: FSWatcher[] = [];
  const { watch } = fs;
  instead(fs, "watch", ((...which: Parameters<typeof watch>) => {
    const watcher = watch(...which);
    made.push(watcher);
    return watcher;
  }) as typeof watch);
  const watched = await watching([file], 50);
  // As Node does with what inotify reports: it ends the watcher, then tells.
  made[0]?.close();
  made[0]?.emit("error", new Error("ended"));
  expect(watched.watch.mode()).toBe("polling");
  await expect.poll(() => made.length).toBe(2);
  await expect.poll(watched.watch.mode).toBe("events");
  writeFileSync(file, "two more");
  await expect.poll(watched.changes).toBe(1);
});

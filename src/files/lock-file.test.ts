import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockFile } from "./lock-file.ts";

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "new/out.jsonl");
}

const locked = expect.objectContaining({ code: "output_in_use" });

/** Another process that holds the lock until it is killed. */
async function otherHolder(path: string) {
  const module = join(import.meta.dirname, "lock-file.ts");
  const code = `import { lockFile } from ${JSON.stringify(module)};
    lockFile(process.argv[1]); console.log("held"); setInterval(() => 0, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code, path]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("one holder at a time, and the file goes with it", () => {
  const path = newPath();
  const release = lockFile(path);
  expect(() => lockFile(path)).toThrow(locked);
  release();
  expect(existsSync(`${path}.lock`)).toBe(false);
  lockFile(path)();
});

test("another process is named while it lives; killed, it is in nobody's way", async () => {
  const path = newPath();
  const child = await otherHolder(path);
  expect(() => lockFile(path)).toThrow(`process ${child.pid} on ${hostname()}`);
  child.kill("SIGKILL");
  await once(child, "exit");
  lockFile(path)();
});

test("a holder on another machine is believed for 30 seconds, this process's earlier self not at all", () => {
  const path = newPath();
  lockFile(path)();
  const lock = `${path}.lock`;
  const write = (holder: object, silentSeconds: number) => {
    writeFileSync(lock, JSON.stringify(holder));
    const then = Date.now() / 1000 - silentSeconds;
    utimesSync(lock, then, then);
  };
  write({ host: "elsewhere", pid: 1 }, 20);
  expect(() => lockFile(path)).toThrow("process 1 on elsewhere");
  write({ host: "elsewhere", pid: 1 }, 31);
  lockFile(path)();
  write({ host: hostname(), pid: process.pid }, 0);
  lockFile(path)();
});

test("a holder that is stopped keeps its file; one that lost it does not take the next one's", async () => {
  const path = newPath();
  const child = await otherHolder(path);
  child.kill("SIGSTOP");
  const then = Date.now() / 1000 - 120;
  utimesSync(`${path}.lock`, then, then);
  expect(() => lockFile(path)).toThrow(locked);
  child.kill("SIGKILL");
  await once(child, "exit");
  const release = lockFile(path);
  rmSync(`${path}.lock`);
  const other = await otherHolder(path);
  release();
  expect(() => lockFile(path)).toThrow(`process ${other.pid}`);
});

test("a file that was cut off counts by its age", () => {
  const path = newPath();
  lockFile(path)();
  writeFileSync(`${path}.lock`, '{"ho');
  expect(() => lockFile(path)).toThrow(locked);
  utimesSync(`${path}.lock`, 1, 1);
  const release = lockFile(path);
  expect(JSON.parse(readFileSync(`${path}.lock`, "utf8")).pid).toBe(process.pid);
  release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("a folder that cannot be written", () => {
  const path = newPath();
  lockFile(path)();
  writeFileSync(path, "");
  expect(() => lockFile(join(path, "under/a-file"))).toThrow(
    expect.objectContaining({ code: "output_unwritable" }),
  );
});

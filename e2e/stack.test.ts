import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** A process that starts the stack, says which processes it started, and stays. */
const holder = join(import.meta.dirname, "testing/hold-stack.ts");

test.each([
  { end: "SIGKILL", what: "is killed" },
  { end: "SIGTERM", what: "is told to end and has no handler" },
] as const)("nothing stays behind when the process that started it $what", async ({ end }) => {
  const child = spawn(process.execPath, [holder], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const pids: number[] = JSON.parse(line);
  expect(pids).toHaveLength(2);
  expect(pids.filter(isAlive)).toEqual(pids);
  child.kill(end);
  await once(child, "exit");
  await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
});

test("a stack that cannot start says why and leaves nothing behind", async () => {
  const child = spawn(process.execPath, [holder, "no-such-config.yaml"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (more) => {
    text += more;
  });
  const [code] = await once(child, "exit");
  expect(code).not.toBe(0);
  expect(text).toContain("[config_not_found]");
});

/** A process that has ended but was not yet collected by its new parent is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const linux = process.platform === "linux";
    return !linux || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

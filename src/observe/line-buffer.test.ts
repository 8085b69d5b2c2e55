import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lineBuffer } from "./line-buffer.ts";

const folder = mkdtempSync(join(tmpdir(), "lines-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const lostLines = (count: number) => `${count} lost\n`;

function open() {
  const path = join(folder, `${files++}.log`);
  return { ...lineBuffer(openSync(path, "w"), lostLines), read: () => readFileSync(path, "utf8") };
}

test("lines are written in their order, whatever they hold, once they are flushed", async () => {
  const log = open();
  const lines = Array.from({ length: 5000 }, (_, at) => `${at} “quoted” ${"x".repeat(at % 300)}\n`);
  for (const [at, line] of lines.entries()) {
    log.write(line);
    if (at % 100 === 0) await new Promise((soon) => setImmediate(soon));
    // Less than what is dropped while nobody writes.
    if (at % 500 === 0) await new Promise<void>((done) => log.flush(done));
  }
  await new Promise<void>((done) => log.flush(done));
  expect(log.read()).toBe(lines.join(""));
});

test("a flush of nothing is done at once, and one during a write once that and the rest are written", async () => {
  const log = open();
  let done = 0;
  log.flush(() => done++);
  expect(done).toBe(1);
  log.write("one\n");
  log.flush();
  log.write("two\n");
  await new Promise<void>((written) => log.flush(written));
  expect(log.read()).toBe("one\ntwo\n");
});

test("at the end of a process what is there is written at once", () => {
  const log = open();
  log.write("last words\n");
  log.flushSync();
  expect(log.read()).toBe("last words\n");
});

test("a reader that does not read costs lines, no memory and no wait, and is told how many", async () => {
  const script = `
    import { lineBuffer } from ${JSON.stringify(join(import.meta.dirname, "line-buffer.ts"))};
    const log = lineBuffer(1, (count) => count + " lost\\n");
    for (let at = 0; at < 20_000; at++) {
      log.write(String(at).padStart(99, "0") + "\\n");
      if (at % 100 === 0) await new Promise((soon) => setImmediate(soon));
    }
    process.stderr.write("through");
    process.on("SIGUSR2", () => {
      log.write("the end\\n");
      log.flush(() => process.exit());
    });
    setInterval(() => undefined, 1000);
  `;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  // Nobody has read a byte of its output by then.
  expect(String(await once(child.stderr, "data"))).toBe("through");
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  // Once the pipe is empty and there is room again.
  await expect.poll(() => Buffer.concat(pieces).length).toBeGreaterThan(400_000);
  child.kill("SIGUSR2");
  await once(child, "close");
  const lines = Buffer.concat(pieces).toString().trimEnd().split("\n");
  expect(lines.at(-1)).toBe("the end");
  const lost = lines
    .map((line) => Number(/^(\d+) lost$/.exec(line)?.[1] ?? 0))
    .reduce((a, b) => a + b);
  const kept = lines.filter((line) => line.length === 99);
  expect(lost).toBeGreaterThan(0);
  expect(kept.length + lost).toBe(20_000);
  expect(kept).toEqual(kept.toSorted());
});

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startChild } from "./child.ts";
import { freePorts, isPortFree } from "./free-ports.ts";
import { sampleQueries } from "./run/try-queries.ts";

const program = join(import.meta.dirname, "run.ts");
const names = ["PORT", "ADMIN_PORT", "GRPC_PORT", "API_PORT", "METRICS_PORT"];

/** `make run` on ports that nobody has. */
async function startRun() {
  const ports = await freePorts(names.length);
  const env = Object.fromEntries(names.map((name, at) => [name, `${ports[at]}`]));
  const command = process.execPath;
  const child = await startChild({ name: "run", command, args: [program], env });
  return { child, ports };
}

test("make run shows three routed queries, stays, and leaves nothing behind", async () => {
  const { child, ports } = await startRun();
  await expect.poll(child.output, { timeout: 30_000 }).toContain("Ctrl-C stops everything");
  const text = child.output();
  expect(text).toContain(`curl -si http://127.0.0.1:${ports[0]}/v1/chat/completions`);
  for (const query of sampleQueries) {
    const row = text.split("\n").find((line) => line.trimStart().startsWith(query)) ?? "";
    const [, model, decision, , answeredBy] = row.trim().split(/ {2,}/);
    expect(answeredBy).toBe(model);
    expect(decision).not.toBe("-");
  }
  expect(child.exit()).toBeUndefined();
  // A Ctrl-C reaches the foreground process alone: what it started is in other groups.
  process.kill(child.pid, "SIGINT");
  expect(await child.exited).toEqual({ code: 0, signal: null });
  for (const port of ports) expect(await isPortFree(port)).toBe(true);
});

test("a port in use is named, with the way out", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const env = { PORT: `${port}` };
  const child = await startChild({
    name: "run",
    command: process.execPath,
    args: [program],
    env,
  });
  expect(await child.exited).toEqual({ code: 2, signal: null });
  expect(child.output()).toContain(`PORT ${port}`);
  expect(child.output()).toContain("make run");
  holder.close();
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isPortFree } from "../../../free-ports.ts";
import { smallProfile } from "../small-profile.ts";
import { startGatewayStack } from "../start-stack.ts";

const work = join(import.meta.dirname, "../../../.work/gateway-start");
const holder = join(import.meta.dirname, "../../../testing/hold-gateway.ts");

/** Envoy Gateway's own, and Envoy's. */
const fixedPorts = [18000, 19001, 19003];

const portOf = (url: string): number => Number(new URL(url).port);

test("a port that a gateway binds and another program has is named before anything starts", async () => {
  const other = createServer().listen(18000, "127.0.0.1");
  await once(other, "listening");
  const start = startGatewayStack({ overlay: "envoy-gateway", profile: smallProfile(work) });
  await expect(start).rejects.toThrow("listens on 18000 (Envoy Gateway's xDS server)");
  other.close();
  await once(other, "close");
});

test("manifests that the gateway does not take are an error with its last words, and nothing stays", async () => {
  const { llms, ...profile } = smallProfile(work);
  const start = startGatewayStack({
    overlay: "ai-gateway",
    profile: { ...profile, llms },
    // No such duration.
    messageTimeout: "soon",
  });
  await expect(start).rejects.toThrow(/aigw did not start|no request was routed/);
  for (const port of fixedPorts) expect(await isPortFree(port)).toBe(true);
});

test("what was started is gone when it was stopped", async () => {
  const stack = await startGatewayStack({ overlay: "envoy-gateway", profile: smallProfile(work) });
  expect(await isPortFree(18000)).toBe(false);
  await stack.stop();
  for (const port of [...fixedPorts, portOf(stack.url)]) expect(await isPortFree(port)).toBe(true);
});

test("what was started is gone when the process that started it was killed", async () => {
  const child = spawn(process.execPath, [holder], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const ports = [...fixedPorts, portOf(line.trim())];
  expect(await isPortFree(18000)).toBe(false);
  child.kill("SIGKILL");
  for (const port of ports) {
    await expect.poll(() => isPortFree(port), { timeout: 10_000 }).toBe(true);
  }
});

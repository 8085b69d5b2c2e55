import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { bindSocket, socketPath } from "./unix-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "uds-"));
const path = join(folder, "grpc.sock");
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
  rmSync(path, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function bind(at = path, mode?: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await bindSocket(server, at, mode);
}

test.each([
  ["unix:/run/a.sock", "/run/a.sock"],
  ["unix:///run/a.sock", "/run/a.sock"],
  ["unix:relative.sock", "relative.sock"],
  ["0.0.0.0:50051", undefined],
])("%s", (address, expected) => expect(socketPath(address)).toBe(expected));

test("has the rights that are asked for", async () => {
  await bind(path, 0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

function leaveStale(): void {
  const leave = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", leave]);
  expect(existsSync(path)).toBe(true);
}

test("a socket that a killed process left is replaced, one in use is not", async () => {
  leaveStale();
  await bind();
  await expect(bind()).rejects.toMatchObject({
    code: "config_invalid",
    detail: `another process listens on ${path}`,
  });
  expect(existsSync(path)).toBe(true);
});

test("of two that start at once over what a killed process left, one listens and the other is told", async () => {
  leaveStale();
  const both = await Promise.allSettled([bind(), bind()]);
  expect(both).toMatchObject([
    { status: "fulfilled" },
    { status: "rejected", reason: { code: "config_invalid" } },
  ]);
  const client = connect({ path });
  await once(client, "connect");
  client.destroy();
  expect(readdirSync(folder)).toEqual(["grpc.sock"]);
});

test("a folder that is not there is not made", async () => {
  const missing = join(folder, "missing");
  await expect(bind(join(missing, "grpc.sock"))).rejects.toMatchObject({ code: "config_invalid" });
  expect(existsSync(missing)).toBe(false);
});

test("what is no socket is left alone", async () => {
  writeFileSync(path, "precious");
  await expect(bind()).rejects.toMatchObject({ code: "config_invalid" });
  expect(statSync(path).size).toBe(8);
  expect(readdirSync(folder)).toEqual(["grpc.sock"]);
});

test("a path that no system takes", async () => {
  await expect(bind(join(folder, "x".repeat(120)))).rejects.toThrow("longer than 103 bytes");
});

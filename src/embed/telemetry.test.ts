import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../commands/testing/run-cli.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

test("opening a model leaves no identifier of onnxruntime's telemetry in HOME", async () => {
  const home = mkdtempSync(join(tmpdir(), "signalbox-home-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const environment = { HOME: home, HF_HUB_OFFLINE: "1" };
  const { code } = await runCli(["embed", "--embedder", tinyQwen3Folder], environment, '"a"\n');
  expect(code).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

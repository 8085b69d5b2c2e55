import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "./testing/run-cli.ts";

test("a line a body, in their order, each with its answer or its error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-explain-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "in.jsonl");
  const messages = [{ role: "user", content: "What is the derivative of x squared?" }];
  const lines = ['{"query": "Who wrote Hamlet?"}', "", "no JSON", JSON.stringify({ messages })];
  writeFileSync(path, lines.join("\n"));
  const { code, out } = await runCli(["explain", "--json", "--input", path]);
  expect(code).toBe(0);
  const answers = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers).toMatchObject([
    { model: expect.any(String), reason: "selected" },
    { error: { code: "malformed_json" } },
    { model: expect.any(String) },
  ]);
  const piped = await runCli(["explain", "--json", "--input", "-"], undefined, lines.join("\n"));
  expect(piped.out.trimEnd().split("\n")).toHaveLength(3);
});

test("a file that cannot be read is named, without a stack", async () => {
  const { code, out, err } = await runCli(["explain", "--input", "/nowhere/in.jsonl"]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toBe(
    "signalbox: [invalid_request] /nowhere/in.jsonl cannot be read (ENOENT). Check the path\n",
  );
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { supersessionRows, topicRows, writeRows } from "../modelpack/testing/toy-rows.ts";
import { runCli } from "./testing/run-cli.ts";
import { commandsOf, runSh } from "./testing/run-sh.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-modelpack-"));
  const prepared = join(folder, "prepared");
  writeRows(prepared, "router", { train: topicRows(300, 1), test: topicRows(60, 2) });
  writeRows(prepared, "pair", { train: supersessionRows(200, 3), test: supersessionRows(60, 4) });
  writeFileSync(
    join(folder, "texts.jsonl"),
    [
      '{"text": "a soup recipe"}',
      '{"text_a": "hotel my visa", "text_b": "hotel my visa instead", "top_k": 1}',
      '{"text": "x", "task": "query_domian"}',
      "[]",
      "no JSON",
      '{"text": "\\ud800 bank loan", "task": "query_domain", "threshold": 0}',
    ].join("\n"),
  );
  return () => rmSync(folder, { recursive: true });
});

const jsonLines = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("what docs/modelpack.md shows works as it stands, the commands in their order", async () => {
  const page = readFileSync(join(packageRoot, "docs/modelpack.md"), "utf8");
  const [train = "", single = "", pair = "", batch = ""] = commandsOf(page);
  const trained = await runSh(train, folder);
  expect(trained).toMatchObject({ code: 0, out: "" });
  expect(trained.err).toMatch(
    /^router\/query_domain epoch 1\/25: loss 0\.\d+ accuracy [01]\.\d+, held/m,
  );
  expect(trained.err).toMatch(
    /^router: test accuracy [01]\.\d+, macro-F1 .*int8 changes \d+ of 60 answers$/m,
  );

  const asked = await runSh(single, folder);
  expect(asked.code).toBe(0);
  expect(asked.err).toMatch(/^notice: .*extractor_model\.json does not exist.*\n$/);
  expect(jsonLines(asked.out)).toMatchObject([
    { task: "query_domain", label: "finance", source: "model" },
  ]);
  expect(jsonLines((await runSh(pair, folder)).out)).toMatchObject([{ task: "supersession" }]);

  const lines = await runSh(batch, folder);
  expect(lines.code).toBe(0);
  expect(jsonLines(lines.out)).toMatchObject([
    { results: [{ task: "query_domain", label: "food", top: [{}, {}, {}] }] },
    { results: [{ task: "supersession", label: "supersedes", top: [{}] }] },
    { error: { code: "invalid_request", message: "there is no such task" } },
    { error: { code: "invalid_request" } },
    { error: { code: "malformed_json", message: "the line is not JSON" } },
    { results: [{ label: "finance" }] },
  ]);
});

test.each([
  { args: ["train"], want: /config_invalid.*--prepared-dir/ },
  { args: ["train", "--families", "routers"], want: /some of router, extractor, pair/ },
  {
    args: ["train", "--prepared-dir", "/nowhere", "--output-dir", "OUTPUT"],
    want: /router_train/,
  },
  {
    args: ["predict", "--models-dir", "/nowhere", "--task", "x", "--text", "a"],
    want: /no such task/,
  },
  { args: ["predict", "--models-dir", "/nowhere"], want: /neither text nor both/ },
])("modelpack $args could not run", async ({ args, want }) => {
  const output = join(folder, "none");
  const given = args.map((one) => (one === "OUTPUT" ? output : one));
  const { code, err } = await runCli(["modelpack", ...given]);
  expect(code).toBe(2);
  expect(err).toMatch(want);
});

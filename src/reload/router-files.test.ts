import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseConfig } from "../config/load.ts";
import { topicRows } from "../modelpack/testing/toy-rows.ts";
import { trainToy } from "../modelpack/testing/train-toy.ts";
import { routerFiles } from "./router-files.ts";

vi.setConfig({ testTimeout: 60_000 });

test("of a model pack: each header, and the tensors that it names, which may come after it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-router-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "config.yaml");
  const { config } = parseConfig("default_model: a\nmodelpack: { path: . }\n", {}, path);
  const watched = () =>
    routerFiles(config, { configFolder: folder, cwd: folder }).modelpack.map((file) =>
      file.slice(folder.length + 1),
    );
  const headers = ["router_model.json", "extractor_model.json", "pair_model.json"];
  expect(watched()).toEqual(headers);
  await trainToy(folder, { train: topicRows(90, 1) });
  const { tensors } = JSON.parse(readFileSync(join(folder, "router_model.json"), "utf8"));
  const [router, ...others] = headers;
  expect(watched()).toEqual([router, tensors, ...others]);
  rmSync(join(folder, tensors));
  expect(watched()).toEqual([router, tensors, ...others]);
  writeFileSync(join(folder, "router_model.json"), "{");
  expect(watched()).toEqual(headers);
});

import { expect, test } from "vitest";
import { missingFiles } from "./referenced-files.ts";
import { RouterConfig } from "./schema.ts";

const problemsOf = (qwen3_model_path: string) =>
  missingFiles(RouterConfig.parse({ default_model: "a", embedding_models: { qwen3_model_path } }), {
    configFolder: "/nowhere",
    cwd: "/nowhere",
  }).problems.map(({ path }) => path.join("."));

test.each(["/nowhere/qwen3", "./qwen3", "../qwen3", "a/b/c"])("%s can only be a folder", (name) => {
  expect(problemsOf(name)).toEqual(["embedding_models.qwen3_model_path"]);
});

test.each(["qwen3", "mom-embedding-pro", "models/mom-embedding-pro", "owner/name@v1"])(
  "%s may stand for a model of the hub",
  (name) => {
    expect(problemsOf(name)).toEqual([]);
  },
);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configJsonSchema } from "./json-schema.ts";
import { packageRoot } from "./paths.ts";

test("config/config.schema.json is what the schema says; else run scripts/generate-schema.ts", () => {
  const committed = readFileSync(join(packageRoot, "config/config.schema.json"), "utf8");
  expect(committed).toBe(configJsonSchema());
});

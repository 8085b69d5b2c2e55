import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compiledModule, selectorKernels } from "../../../scripts/build-kernels.ts";

test("the committed WebAssembly is what the compiler makes of the source", async () => {
  const committed = readFileSync(join(import.meta.dirname, "compiled.ts"), "utf8");
  expect(committed).toBe(await compiledModule(selectorKernels));
}, 60_000);

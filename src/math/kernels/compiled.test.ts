import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compiledModule, relaxedKernels, selectorKernels } from "../../../scripts/build-kernels.ts";

test.each([
  ["compiled.ts", selectorKernels],
  ["compiled-relaxed.ts", relaxedKernels],
])(
  "%s is what the compiler makes of the source",
  async (file, module) => {
    const committed = readFileSync(join(import.meta.dirname, file), "utf8");
    expect(committed).toBe(await compiledModule(module));
  },
  60_000,
);

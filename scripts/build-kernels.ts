import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");

export interface KernelModule {
  readonly features: readonly string[];
  /** In AssemblyScript; what it imports stands beside it. */
  readonly source: string;
  /** TypeScript that holds the bytes. */
  readonly target: string;
}

export const selectorKernels: KernelModule = {
  features: ["simd"],
  source: "kernels/selectors.ts",
  target: "src/math/kernels/compiled.ts",
};

export const relaxedKernels: KernelModule = {
  features: ["simd", "relaxed-simd"],
  source: "kernels/relaxed.ts",
  target: "src/math/kernels/compiled-relaxed.ts",
};

export const jsonKernel: KernelModule = {
  features: [],
  source: "kernels/json-numbers.ts",
  target: "src/artifact/json-kernel-compiled.ts",
};

/** The text of a module's target as the present source and compiler make it: the same bytes on any machine. */
export async function compiledModule({ source, features }: KernelModule): Promise<string> {
  const output = "kernels.wasm";
  let wasm: Uint8Array | undefined;
  const enabled = features.flatMap((feature) => ["--enable", feature]);
  const flags = ["--runtime", "stub", "--importMemory", ...enabled, "-O3", "--noAssert"];
  const { error, stderr } = await main([source, ...flags, "--outFile", output], {
    readFile: (name) => {
      try {
        return readFileSync(join(root, name), "utf8");
      } catch {
        // The compiler asks for every place at which an import could be.
        return null;
      }
    },
    writeFile: (name, contents) => {
      if (name === output && typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`asc refused ${source}: ${stderr}`, { cause: error });
  return [
    `// Made by scripts/build-kernels.ts from ${source}; a test compiles it again and compares.`,
    "",
    "/** Of the bytes below. */",
    `export const sha256 = "${createHash("sha256").update(wasm).digest("hex")}";`,
    "",
    `/** WebAssembly, ${wasm.length} bytes. */`,
    "export const base64 =",
    `  "${Buffer.from(wasm).toString("base64")}";`,
    "",
  ].join("\n");
}

if (import.meta.main) {
  for (const module of [selectorKernels, relaxedKernels, jsonKernel]) {
    writeFileSync(join(root, module.target), await compiledModule(module));
  }
}

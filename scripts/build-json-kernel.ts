import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const source = "kernels/json-numbers.ts";
const target = "src/artifact/json-kernel-compiled.ts";

/** The text of the target as the present source and compiler make it: the same bytes on any machine. */
export async function compiledJsonKernel(): Promise<string> {
  const text = readFileSync(join(root, source), "utf8");
  const output = "kernel.wasm";
  let wasm: Uint8Array | undefined;
  const flags = ["--runtime", "stub", "--importMemory", "-O3", "--noAssert"];
  const { error, stderr } = await main([source, ...flags, "--outFile", output], {
    readFile: (name) => (name === source ? text : null),
    writeFile: (name, contents) => {
      if (name === output && typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`asc refused ${source}: ${stderr}`, { cause: error });
  return [
    `// Made by scripts/build-json-kernel.ts from ${source}; a test compiles it again and compares.`,
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

if (import.meta.main) writeFileSync(join(root, target), await compiledJsonKernel());

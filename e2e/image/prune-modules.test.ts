import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pruneModules } from "../../scripts/image/prune-modules.ts";

/** Makes the files, prunes for Linux on x64, and tells what is left. */
function prune(...files: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-prune-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "x".repeat(100));
  }
  const report = pruneModules(folder, { platform: "linux", arch: "x64" });
  const left = globSync("**", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return { left: left.sort(), report };
}

test("of the native libraries only this platform's stay, and none of a GPU", () => {
  const native = "onnxruntime-node/bin/napi-v6";
  const { left, report } = prune(
    `${native}/linux/x64/libonnxruntime.so.1`,
    `${native}/linux/x64/onnxruntime_binding.node`,
    `${native}/linux/x64/libonnxruntime_providers_cuda.so`,
    `${native}/linux/x64/libonnxruntime_providers_tensorrt.so`,
    `${native}/linux/arm64/libonnxruntime.so.1`,
    `${native}/darwin/arm64/libonnxruntime.1.dylib`,
    `${native}/win32/x64/DirectML.dll`,
    "onnxruntime-node/dist/index.js",
    "onnxruntime-node/script/install.js",
  );
  expect(left).toEqual([
    `${native}/linux/x64/libonnxruntime.so.1`,
    `${native}/linux/x64/onnxruntime_binding.node`,
    "onnxruntime-node/dist/index.js",
  ]);
  expect(report[0]).toMatchObject({ files: 5, bytes: 500 });
});

test("types, source maps, documentation, tests and bundles go; code, data and licences stay", () => {
  const kept = [
    "@opentelemetry/semantic-conventions/dist/index.mjs",
    "@scope/a/LICENSE.md",
    "@scope/a/lib/docs/index.js",
    "@scope/a/lib/test.js",
    "a/NOTICE",
    "a/data.json",
    "a/index.cjs",
    "a/index.mjs",
    "a/package.json",
    "echarts/core.js",
    "echarts/lib/export/core.js",
    "echarts/licenses/LICENSE-d3",
    "protobufjs/src/index.js",
    "zrender/lib/zrender.js",
    "zrender/node_modules/tslib/tslib.es6.mjs",
  ];
  const gone = [
    ".bin/a",
    "@opentelemetry/semantic-conventions/dist/experimental_metrics.mjs",
    "@scope/a/test/a.js",
    "@scope/a/README.md",
    "a/docs/a.html",
    "a/index.d.cts",
    "a/index.d.mts",
    "a/index.d.ts",
    "a/index.js.map",
    "a/src/index.ts",
    "echarts/dist/echarts.js",
    "echarts/i18n/langDE.js",
    "protobufjs/dist/protobuf.js",
    "zrender/dist/zrender.js",
    "zrender/node_modules/tslib/tslib.d.ts",
  ];
  expect(prune(...kept, ...gone).left).toEqual(kept.toSorted());
});

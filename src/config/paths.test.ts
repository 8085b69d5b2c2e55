import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot, placesOf, resolvePath } from "./paths.ts";

const root = mkdtempSync(join(tmpdir(), "signalbox-paths-"));
const cwd = join(root, "cwd");
const config = join(root, "config");
mkdirSync(cwd);
mkdirSync(config);
for (const file of ["cwd/both", "config/both", "config/beside"])
  writeFileSync(join(root, file), "");

test.each([
  { case: "in both places: the working directory's", path: "both", want: "cwd/both" },
  { case: "beside the configuration alone", path: "beside", want: "config/beside" },
  { case: "nowhere: as from the working directory", path: "none", want: "cwd/none" },
  { case: "with dots", path: "../config/beside", want: "config/beside" },
  { case: "absolute", path: join(root, "none"), want: "none" },
])("a path that is $case", ({ path, want }) => {
  expect(resolvePath(path, config, cwd)).toBe(join(root, want));
});

test("the folder of the configuration may itself be relative", () => {
  expect(resolvePath("beside", "../config", cwd)).toBe(join(config, "beside"));
});

test.each([
  { path: "x", folder: config, want: [join(cwd, "x"), join(config, "x")] },
  { path: "x", folder: ".", want: [join(cwd, "x")] },
  { path: "/x", folder: config, want: ["/x"] },
])("$path below $folder may be at $want", ({ path, folder, want }) => {
  expect(placesOf(path, folder, cwd)).toEqual(want);
});

test("the package's own folder holds what is built in", () => {
  expect(existsSync(join(packageRoot, "config/default.yaml"))).toBe(true);
});

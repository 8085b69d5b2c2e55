import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBounded } from "./read-bounded.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-read-"));
const file = join(folder, "ten.txt");
writeFileSync(file, "0123456789");
const refusals = {
  unreadable: { code: "model_not_found", remedy: "Download it" },
  tooLarge: { code: "artifact_invalid", remedy: "Raise the limit" },
} as const;

test.each([10, 11, 1000])("a file of ten bytes is read whole within %i", (maxBytes) => {
  expect(readBounded(file, maxBytes, refusals).toString()).toBe("0123456789");
});

test("an empty file is read", () => {
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  expect(readBounded(empty, 0, refusals)).toHaveLength(0);
});

test.each([
  {
    case: "too large by a byte",
    path: file,
    maxBytes: 9,
    want: { code: "artifact_invalid", detail: `${file} is larger than 9 bytes` },
  },
  {
    case: "without a size, and too large",
    path: "/dev/zero",
    maxBytes: 2 * 1024 ** 2,
    want: { code: "artifact_invalid", detail: "/dev/zero is larger than 2 MiB" },
  },
  {
    case: "missing",
    path: join(folder, "none"),
    maxBytes: 9,
    want: { code: "model_not_found", detail: `${join(folder, "none")} does not exist` },
  },
  {
    case: "below a file",
    path: join(file, "none"),
    maxBytes: 9,
    want: {
      code: "model_not_found",
      detail: `${join(file, "none")} does not exist: a part of its path is a file`,
    },
  },
  {
    case: "a folder",
    path: folder,
    maxBytes: 1024 ** 2,
    want: { code: "model_not_found", detail: `${folder} is a folder, not a file` },
  },
])("a file that is $case is refused", ({ path, maxBytes, want }) => {
  expect(() => readBounded(path, maxBytes, refusals)).toThrow(expect.objectContaining(want));
});

test.skipIf(process.platform !== "linux")("a size announced as 0 is not believed", () => {
  const status = readBounded("/proc/self/status", 1024 ** 2, refusals);
  expect(status.toString().split("\n")[0]).toMatch(/^Name:/);
  expect(status.toString()).toMatch(/\n$/);
});

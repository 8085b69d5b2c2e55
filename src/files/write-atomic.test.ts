import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeAtomic } from "./write-atomic.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "signalbox-write-"));

async function* chunks() {
  yield "one ";
  yield Buffer.from("two");
}

test.each([
  { case: "text", content: "text", want: "text" },
  { case: "bytes", content: Buffer.from("bytes"), want: "bytes" },
  { case: "chunks that are made one by one", content: chunks(), want: "one two" },
])("$case replaces the file and leaves nothing beside it", async ({ content, want }) => {
  const folder = newFolder();
  writeFileSync(join(folder, "file"), "old");
  await writeAtomic(join(folder, "file"), content);
  expect(readFileSync(join(folder, "file"), "utf8")).toBe(want);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("missing folders are made", async () => {
  const path = join(newFolder(), "a", "b", "file");
  await writeAtomic(path, "x");
  expect(readFileSync(path, "utf8")).toBe("x");
});

test("a link stays a link", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "file"), "old");
  symlinkSync("file", join(folder, "link"));
  await writeAtomic(join(folder, "link"), "new");
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("new");
  expect(readlinkSync(join(folder, "link"))).toBe("file");
});

test("content that fails half way leaves the old file", async () => {
  const folder = newFolder();
  const path = join(folder, "file");
  writeFileSync(path, "old");
  async function* failing() {
    yield "half";
    throw new Error("training stopped");
  }
  await expect(writeAtomic(path, failing())).rejects.toMatchObject({
    code: "output_unwritable",
    detail: `${path}: training stopped`,
  });
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a folder that cannot be made is refused", async () => {
  const file = join(newFolder(), "file");
  writeFileSync(file, "");
  await expect(writeAtomic(join(file, "below"), "x")).rejects.toMatchObject({
    code: "output_unwritable",
  });
});

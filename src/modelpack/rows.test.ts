import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, maxTextLength, parsePreparedRow, preparedFileName } from "./rows.ts";

test.each([
  { case: "white space and NUL", text: " a\0\0b\n\t c\u3000", want: "a b c" },
  { case: "a lone surrogate", text: "a\ud800b", want: "a\ufffdb" },
  { case: "too long", text: "x".repeat(1001), want: "x".repeat(1000) },
  { case: "cut within a character", text: `${"x".repeat(999)}😀`, want: "x".repeat(999) },
  { case: "cut behind a space", text: `${"x".repeat(999)} yz`, want: "x".repeat(999) },
  { case: "a megabyte", text: "ab ".repeat(350_000), want: `${"ab ".repeat(333)}a` },
  { case: "a megabyte of nothing", text: " ".repeat(1_000_000), want: "" },
])("$case is cleaned", ({ text, want }) => {
  expect(cleanText(text, maxTextLength.single)).toBe(want);
});

test("what is clean stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.integer({ min: 2, max: 70 }),
      (text, most) => {
        const clean = cleanText(text, most);
        expect(clean.length).toBeLessThanOrEqual(most);
        expect(clean.isWellFormed()).toBe(true);
        expect(cleanText(clean, most)).toBe(clean);
      },
    ),
  );
});

test("a row of each kind is read, other columns are left out", () => {
  const single = '{"text":"hi","task":"query_domain","label":"food","source":"hf:x","extra":1}';
  expect(parsePreparedRow("router", single, "x:1")).toEqual({
    text: "hi",
    task: "query_domain",
    label: "food",
    source: "hf:x",
  });
  const pair = '{"text_a":"a","text_b":"b","task":"scope_match","label":"match","group":"g"}';
  expect(parsePreparedRow("pair", pair, "x:1")).toMatchObject({ source: "unknown", group: "g" });
});

test.each([
  { family: "router" as const, line: "{", want: "x:3 is not JSON" },
  { family: "router" as const, line: "[]", want: "x:3: " },
  { family: "pair" as const, line: '{"text":"a","task":"b","label":"c"}', want: "x:3: text_a: " },
])("$line is refused by its place", ({ family, line, want }) => {
  expect(() => parsePreparedRow(family, line, "x:3")).toThrow(
    expect.objectContaining({
      code: "training_data_invalid",
      detail: expect.stringContaining(want),
    }),
  );
});

test("files have the reference's names", () => {
  expect(preparedFileName("pair", "eval")).toBe("pair_eval.jsonl.gz");
  expect(preparedFileName("router", "train", "parquet")).toBe("router_train.parquet");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { describeJsonFault } from "./json-fault.ts";

test.each([
  {
    case: "NaN, which Python writes",
    text: '{"k":1,"embeddings":[[1,2],[3,NaN]]}',
    want: 'unexpected "NaN" in embeddings[1][1], line 1 column 31',
  },
  {
    case: "minus infinity",
    text: '{"a":{"b":[-Infinity]}}',
    want: 'unexpected "-Infinity" in a.b[0], line 1 column 12',
  },
  {
    case: "text cut off inside a row",
    text: '{"k":1,\n"embeddings":[[1,2],[3,',
    want: "the text ends too early in embeddings[1][1], line 2 column 24",
  },
  { case: "nothing", text: "", want: "the text ends too early, line 1 column 1" },
  { case: "a byte order mark", text: "\uFEFF{}", want: 'unexpected "\uFEFF", line 1 column 1' },
  { case: "more after the end", text: '{"k":1} x', want: 'unexpected "x", line 1 column 9' },
  { case: "a missing comma", text: "[1 2]", want: 'unexpected "2", line 1 column 4' },
  { case: "a trailing comma", text: '{"a":[1,]}', want: 'unexpected "]" in a[1], line 1 column 9' },
  { case: "a leading zero", text: '{"a":01}', want: 'unexpected "01" in a, line 1 column 6' },
  { case: "a bad escape", text: '{"a":"\\x"}', want: 'unexpected "\\"" in a, line 1 column 6' },
  {
    case: "an open string",
    text: '{"a":"b',
    want: "the text ends too early in a, line 1 column 8",
  },
])("$case", ({ text, want }) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(describeJsonFault(text)).toBe(want);
});

test("nesting as deep as the text is long does not overflow the stack", () => {
  expect(describeJsonFault("[".repeat(100_000))).toContain('unexpected "["');
});

test("whatever JSON.parse accepts is walked to its end", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(describeJsonFault(text)).toContain("the text ends too early, ");
    }),
  );
});

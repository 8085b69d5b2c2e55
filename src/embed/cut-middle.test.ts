import fc from "fast-check";
import { expect, test } from "vitest";
import { cutMiddle } from "./cut-middle.ts";

test.each([
  { case: "a text that fits is left alone", text: "abcdef", max: 6, want: "abcdef" },
  { case: "head and tail are kept", text: "abcdefghij", max: 4, want: "ab ij" },
  { case: "of one character only the head is left", text: "abcdefghij", max: 1, want: "a " },
  { case: "the head has the odd one", text: "abcdefghij", max: 5, want: "abc ij" },
])("$case", ({ text, max, want }) => {
  expect(cutMiddle(text, max)).toBe(want);
});

test("cutting what was cut changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const cut = cutMiddle(text, max);
      expect(cutMiddle(cut, max)).toBe(cut);
    }),
  );
});

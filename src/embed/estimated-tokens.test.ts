import { expect, test } from "vitest";
import { estimatedTokens } from "./estimated-tokens.ts";

test.each([
  { text: "What is the capital of France?", want: 11 },
  { text: "法国的首都是哪里？", want: 10 },
  { text: "", want: 2 },
  { text: "a".repeat(10_000), want: 256 },
])("about $want tokens", ({ text, want }) => {
  expect(estimatedTokens(text, 256)).toBe(want);
});

import { expect, test } from "vitest";
import { retryAfterMs } from "./retry.ts";

test.each([
  { header: "3", want: 3_000 },
  { header: "0.5", want: 500 },
  { header: "Sat, 21 Nov 2026 10:00:07 GMT", want: 7_000 },
  { header: "Sat, 21 Nov 2026 09:00:00 GMT", want: 0 },
  { header: "-5", want: 0 },
  { header: "soon", want: undefined },
  { header: "", want: undefined },
  { header: null, want: undefined },
])("Retry-After: $header is $want ms", ({ header, want }) => {
  expect(retryAfterMs(header, Date.parse("2026-11-21T10:00:00Z"))).toBe(want);
});

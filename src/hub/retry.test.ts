import { expect, test } from "vitest";
import { retryAfterMs } from "./retry.ts";

test.each([
  { header: "3", want: 3_000 },
  { header: "0.5", want: 500 },
  { header: "Sat, 21 Nov 2026 10:00:07 GMT", want: 7_000 },
  { header: "Sat, 21 Nov 2026 09:00:00 GMT", want: 0 },
  { header: "-5", want: 0 },
  { header: "soon", want: undefined },
  { header: "Infinity", want: undefined },
  { header: "", want: undefined },
])("Retry-After: $header is $want ms", ({ header, want }) => {
  const headers = new Headers({ "retry-after": header });
  expect(retryAfterMs(headers, Date.parse("2026-11-21T10:00:00Z"))).toBe(want);
});

test.each([
  { headers: {}, want: undefined },
  { headers: { ratelimit: '"resolvers";r=0;t=55' }, want: 55_000 },
  { headers: { ratelimit: '"api"; r = 0; t = 300' }, want: 300_000 },
  { headers: { ratelimit: '"api";r=12;t=55' }, want: undefined },
  { headers: { ratelimit: '"api";r=0;t=99999999999' }, want: 99_999_999_999_000 },
  { headers: { ratelimit: '"api";r=0;t=55', "retry-after": "1" }, want: 1_000 },
])("$headers is $want ms", ({ headers, want }) => {
  expect(retryAfterMs(new Headers(headers as Record<string, string>))).toBe(want);
});

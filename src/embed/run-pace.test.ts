import { expect, test } from "vitest";
import { runPace } from "./run-pace.ts";

function learnt(runs: readonly (readonly [tokens: number, seconds: number])[]) {
  const pace = runPace();
  for (const [tokens, seconds] of runs) pace.learn(tokens, seconds);
  return pace;
}

test("before the first run everything seems possible", () => {
  const pace = runPace();
  expect([pace.seconds(512), pace.tokensWithin(0.001)]).toEqual([0, Infinity]);
});

test("what every run costs is told from what a token costs", () => {
  const runs = [16, 64, 256, 32].map((tokens) => [tokens, 0.026 + 0.002 * tokens] as const);
  const pace = learnt(runs);
  expect(pace.seconds(100)).toBeCloseTo(0.226);
  expect(pace.tokensWithin(0.226)).toBeCloseTo(100);
  expect(pace.tokensWithin(0.01)).toBe(0);
});

test.each([
  {
    case: "runs of one size",
    runs: [
      [50, 0.1],
      [50, 0.1],
    ],
  },
  {
    case: "longer runs that took less time",
    runs: [
      [40, 0.12],
      [60, 0.08],
    ],
  },
] as const)("$case count by the token", ({ runs }) => {
  const pace = learnt(runs);
  expect(pace.seconds(100)).toBeCloseTo(0.2);
  expect(pace.tokensWithin(0.2)).toBeCloseTo(100);
});

test("a model that becomes slower is noticed", () => {
  const runs = (count: number, perToken: number) =>
    Array.from({ length: count }, (_, i) => [10 + (i % 5), perToken * (10 + (i % 5))] as const);
  const pace = learnt([...runs(100, 0.001), ...runs(200, 0.01)]);
  expect(pace.seconds(100)).toBeGreaterThan(0.9);
});

test("a run that read nothing tells nothing", () => {
  const pace = learnt([[0, 1]]);
  expect([pace.seconds(10), pace.tokensWithin(1)]).toEqual([0, Infinity]);
});

import { expect, test } from "vitest";
import { runPace } from "./run-pace.ts";
import { textsInTime } from "./texts-in-time.ts";
import { wantedTexts } from "./wanted-texts.ts";

/** Texts of 10 estimated tokens with these deadlines, and a model that reads 10 tokens in 50 ms. */
function choose(deadlines: readonly number[], now: number) {
  const texts = wantedTexts(10);
  const waiting = deadlines.map(
    (deadlineAt, at) => texts.join({ key: `${at}`, text: "a".repeat(100) }, deadlineAt).wanted,
  );
  const pace = runPace();
  pace.learn(10, 0.05);
  const { usable, late } = textsInTime(waiting, now, pace);
  return { usable: usable.map(({ key }) => Number(key)), late: late.map(({ key }) => Number(key)) };
}

test.each([
  { case: "without deadlines all may go", deadlines: [Infinity, Infinity], usable: [0, 1] },
  { case: "what is late is told apart", deadlines: [100, 99, 200], usable: [2], late: [0, 1] },
  { case: "what cannot be ready stands back", deadlines: [140, 160, 149], usable: [1] },
  { case: "where nothing can be ready all may go", deadlines: [140, 101], usable: [0, 1] },
  { case: "nothing waits", deadlines: [], usable: [] },
])("$case", ({ deadlines, usable, late = [] }) => {
  expect(choose(deadlines, 100)).toEqual({ usable, late });
});

test("of thousands only the first are looked at", () => {
  const { usable } = choose(new Array(1000).fill(Infinity), 100);
  expect(usable).toEqual([...new Array(256).keys()]);
});

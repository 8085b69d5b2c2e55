import { expect, test } from "vitest";
import { wantedTexts } from "./wanted-texts.ts";

const entry = { key: "k", text: "text" };

test("a text is wanted once, until the most patient caller gives up", () => {
  const texts = wantedTexts(100);
  const first = texts.join(entry, 10);
  const second = texts.join(entry, 30);
  expect([first.fresh, second.fresh, second.wanted === first.wanted]).toEqual([true, false, true]);
  texts.join(entry, 20);
  expect([first.wanted.deadlineAt, texts.size()]).toEqual([30, 1]);
});

test("it is dropped with its last caller, unless it is in a model", () => {
  const texts = wantedTexts(100);
  const { wanted } = texts.join(entry, 10);
  texts.join(entry, 10);
  expect([texts.leave(wanted), texts.leave(wanted), texts.isOpen(wanted)]).toEqual([
    false,
    true,
    false,
  ]);
  const again = texts.join(entry, 10).wanted;
  again.running = true;
  expect([texts.leave(again), texts.isOpen(again)]).toEqual([false, true]);
});

test("what was dropped does not close its successor", async () => {
  const texts = wantedTexts(100);
  const { wanted: dropped } = texts.join(entry, 10);
  texts.leave(dropped);
  const { wanted } = texts.join(entry, 10);
  texts.reject(dropped, new Error("late"));
  await expect(dropped.promise).rejects.toThrow("late");
  expect(texts.isOpen(wanted)).toBe(true);
});

import { expect, test } from "vitest";
import { random } from "../../math/random.ts";
import { likeness, nearDuplicates } from "./near-duplicates.ts";

test("a copy with other case, punctuation or one other word is as good as the text", () => {
  const known = nearDuplicates();
  const text = "Can you recommend a quiet hotel near the old harbour for two nights in June?";
  known.add(text);
  expect(known.has(text.toUpperCase())).toBe(true);
  expect(
    known.has("can you recommend a quiet hotel near the old harbour, for two nights in june"),
  ).toBe(true);
  expect(known.has(text.replace("June", "July"))).toBe(true);
  expect(known.has("How long does the ferry to the island take in winter?")).toBe(false);
  expect(known.has("Can you recommend a good dentist near the station for my daughter?")).toBe(
    false,
  );
});

test("short texts and other scripts", () => {
  const known = nearDuplicates();
  for (const text of ["", "a", "東京の天気は?"]) known.add(text);
  expect(known.has("東京の天気は!")).toBe(true);
  expect(known.has("大阪の電車は?")).toBe(false);
  expect(known.has("A")).toBe(true);
  expect(known.has("b")).toBe(false);
});

test("of 2,000 texts with one word changed nearly all are found, and nothing else is", () => {
  const next = random(5);
  const word = () =>
    Math.floor(next() * 2 ** 32)
      .toString(36)
      .slice(0, 6);
  const known = nearDuplicates();
  const texts = Array.from({ length: 2000 }, () => Array.from({ length: 12 }, word));
  for (const words of texts) known.add(words.join(" "));
  const changed = texts.map((words) => words.with(6, word()).join(" "));
  const alike = changed.filter((text, at) => likeness(text, texts[at]?.join(" ") ?? "") >= 0.75);
  expect(alike.length).toBeGreaterThan(1000);
  const found = alike.filter((text) => known.has(text)).length;
  expect(found / alike.length).toBeGreaterThan(0.99);
  const strangers = Array.from({ length: 500 }, () => Array.from({ length: 12 }, word).join(" "));
  expect(strangers.filter((text) => known.has(text))).toEqual([]);
});

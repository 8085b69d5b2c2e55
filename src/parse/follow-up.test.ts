import { expect, test } from "vitest";
import { isFollowUp } from "./follow-up.ts";

test.each([
  "and in Python?",
  "why?",
  "Why is that?",
  "go on",
  "what about Rust?",
  "now without recursion",
  "can you make it shorter",
  "give me an example",
  "thanks",
  "?",
  "¿por qué?",
  "y en Java?",
  "und auf Deutsch?",
  "pourquoi ?",
  "почему?",
  "为什么？",
  "那用Python呢",
  "なぜですか",
])("%s leans on the turn before", (text) => {
  expect(isFollowUp(text)).toBe(true);
});

test.each([
  "What is photosynthesis?",
  "explain entropy",
  "how to cook rice",
  "so what is entropy",
  "i need help with algebra",
  "a recipe for pancakes",
  "¿Qué es la fotosíntesis?",
  "Was ist das Ohmsche Gesetz?",
  "qu'est-ce que la mitose",
  "什么是光合作用",
  "光合成とは何ですか",
  "And here is the whole story of how my landlord kept the deposit for two years",
])("%s stands alone", (text) => {
  expect(isFollowUp(text)).toBe(false);
});

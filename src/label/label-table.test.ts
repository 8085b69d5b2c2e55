import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { labelTable } from "./label-table.ts";

const hash = (text: string) => createHash("sha256").update(text).digest();

test("it holds what it was given, through every growth", () => {
  const table = labelTable();
  const names = ["math", "law", "", "other"];
  for (let at = 0; at < 20_000; at++) table.set(hash(`${at}`), names[at % 4] as string);
  expect(table.size).toBe(20_000);
  for (let at = 0; at < 20_000; at++) expect(table.get(hash(`${at}`))).toBe(names[at % 4]);
  expect(table.get(hash("20000"))).toBeUndefined();
});

test("a label that is set again replaces the first", () => {
  const table = labelTable();
  table.set(hash("a"), "math");
  table.set(hash("a"), "law");
  expect([table.get(hash("a")), table.size]).toEqual(["law", 1]);
});

test("hashes that begin in the same slot, and differ in one byte of 16, are told apart", () => {
  const table = labelTable();
  const of = (at: number, value: number) => {
    const bytes = Buffer.alloc(16);
    bytes[at] = value;
    return bytes;
  };
  for (let at = 0; at < 12; at++) table.set(of(at, 7), `${at}`);
  for (let at = 0; at < 12; at++) expect(table.get(of(at, 7))).toBe(`${at}`);
  expect(table.get(Buffer.alloc(16))).toBeUndefined();
  expect(table.size).toBe(12);
});

import { expect, test } from "vitest";
import { gateMemory, nativeGate, shutGate } from "./native-gate.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("work passes, whether it succeeds or fails", async () => {
  const gate = nativeGate();
  expect(await gate(async () => 7)).toBe(7);
  await expect(gate(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await gate(async () => 8)).toBe(8);
});

test("a gate that nobody is behind is shut at once, and lets nobody in", async () => {
  const memory = gateMemory();
  const gate = nativeGate(memory);
  await gate(async () => 7);
  await shutGate(memory);
  let [entered, settled] = [false, false];
  void gate(async () => {
    entered = true;
  }).finally(() => {
    settled = true;
  });
  await turn();
  expect([entered, settled]).toEqual([false, false]);
  await shutGate(memory);
});

test("whoever shuts it waits for what is inside", async () => {
  const memory = gateMemory();
  const work = Promise.withResolvers<number>();
  const inside = nativeGate(memory)(() => work.promise);
  let isShut = false;
  const shutting = shutGate(memory).then(() => {
    isShut = true;
  });
  await turn();
  expect(isShut).toBe(false);
  work.resolve(7);
  await shutting;
  expect(await inside).toBe(7);
});

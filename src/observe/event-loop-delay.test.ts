import { setTimeout as pause } from "node:timers/promises";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerEventLoopDelay } from "./event-loop-delay.ts";

test("an event loop that was blocked is late by that, and the next scrape begins anew", async () => {
  const registry = new Registry();
  registerEventLoopDelay(registry);
  const scraped = async () => {
    const value = (await registry.metrics()).split("\n").find((line) => !line.startsWith("#"));
    return Number(value?.split(" ")[1]);
  };
  expect(await scraped()).toBe(0);
  await pause(20);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await pause(20);
  expect(await scraped()).toBeGreaterThan(0.2);
  expect(await scraped()).toBe(0);
});

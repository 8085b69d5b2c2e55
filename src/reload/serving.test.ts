import { expect, test } from "vitest";
import { serving } from "./serving.ts";

function named() {
  const closed: string[] = [];
  const live = serving<{ name: string }>(async ({ name }) => {
    closed.push(name);
  });
  return { live, closed };
}

test("before the first swap there is nothing to take", () => {
  const { live } = named();
  expect(live.take()).toBeUndefined();
  expect(live.current()).toBeUndefined();
  expect(live.open()).toBe(0);
});

test("who has taken one keeps it; it is closed when the last has released it", async () => {
  const { live, closed } = named();
  live.swap({ name: "old" });
  const [first, second] = [live.take(), live.take()];
  live.swap({ name: "new" });
  expect(live.take()?.name).toBe("new");
  expect(first?.name).toBe("old");
  first?.release();
  expect(closed).toEqual([]);
  expect(live.open()).toBe(2);
  second?.release();
  expect(closed).toEqual(["old"]);
  await expect.poll(live.open).toBe(1);
});

test("one that nobody uses is closed by the swap", async () => {
  const { live, closed } = named();
  for (const name of ["a", "b", "c"]) live.swap({ name });
  expect(closed).toEqual(["a", "b"]);
  await expect.poll(live.open).toBe(1);
});

test("the one that serves stays open when all have released it", () => {
  const { live, closed } = named();
  live.swap({ name: "only" });
  live.take()?.release();
  expect(closed).toEqual([]);
});

test("closing closes each once, also those in use", async () => {
  const { live, closed } = named();
  live.swap({ name: "old" });
  const taken = live.take();
  live.swap({ name: "new" });
  await live.close();
  taken?.release();
  expect(closed).toEqual(["old", "new"]);
  expect(live.take()).toBeUndefined();
});

import { expect, test } from "vitest";
import { workerCount } from "./worker-count.ts";

const gib = 2 ** 30;

test.each([
  { case: "a machine of one core has one", cores: 1, memory: 4, model: 0.01, want: 1 },
  { case: "one core is left to the event loop", cores: 2, memory: 4, model: 0.01, want: 1 },
  { case: "of three cores two embed", cores: 3, memory: 4, model: 0.01, want: 2 },
  { case: "four are enough for one sidecar", cores: 64, memory: 256, model: 0.01, want: 4 },
  { case: "half of the memory is theirs", cores: 8, memory: 6.5, model: 1, want: 2 },
  { case: "a thread takes memory itself", cores: 8, memory: 0.5, model: 0.015, want: 2 },
  { case: "too little memory still has one", cores: 8, memory: 1, model: 2.3, want: 1 },
  { case: "what must be is", cores: 1, memory: 1, model: 2.3, min: 3, want: 3 },
])("$case", ({ cores, memory, model, min = 1, want }) => {
  expect(workerCount(model * gib, min, { cores, memoryBytes: memory * gib })).toBe(want);
});

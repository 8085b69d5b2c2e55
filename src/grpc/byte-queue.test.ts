import fc from "fast-check";
import { expect, test } from "vitest";
import { byteQueue } from "./byte-queue.ts";

test("bytes come out as they went in, however they are cut", () => {
  const sizes = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 4000, max: 9000 }));
  fc.assert(
    fc.property(fc.array(sizes), fc.array(sizes), fc.boolean(), (ins, outs, lent) => {
      const queue = byteQueue();
      const bytes = Buffer.from(
        Array.from({ length: ins.reduce((a, b) => a + b, 0) }, (_, at) => at % 251),
      );
      let at = 0;
      for (const size of ins) {
        const piece = bytes.subarray(at, at + size);
        if (lent && queue.length() === 0) {
          queue.lend(piece);
          queue.settle();
        } else queue.add(piece);
        at += size;
        expect(queue.length()).toBe(at);
      }
      const taken: Buffer[] = [];
      for (const size of [...outs, bytes.length])
        taken.push(queue.take(Math.min(size, queue.length())));
      expect(Buffer.concat(taken).equals(bytes)).toBe(true);
      expect(queue.length()).toBe(0);
    }),
  );
});

test("what is emptied is empty", () => {
  const queue = byteQueue();
  queue.add(Buffer.alloc(10));
  queue.clear();
  expect([queue.length(), queue.take(0).length]).toEqual([0, 0]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { messageReader } from "./message-reader.ts";

function wireOf(message: Uint8Array, compressed = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

test("messages are what was sent, however the bytes are cut", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 })), (sent, cuts) => {
      const seen: string[] = [];
      const reader = messageReader(50, (message) => seen.push(message.toString("hex")));
      let rest: Buffer = Buffer.concat(sent.map((message) => wireOf(message)));
      for (const cut of cuts) {
        expect(reader.read(rest.subarray(0, cut))).toBeUndefined();
        rest = rest.subarray(cut);
      }
      expect(reader.read(rest)).toBeUndefined();
      expect(seen).toEqual(sent.map((message) => Buffer.from(message).toString("hex")));
      expect(reader.isMidway()).toBe(false);
    }),
  );
});

test("a message that is too large is known by its prefix, and a compressed one too", () => {
  const never = () => expect.unreachable();
  expect(messageReader(10, never).read(wireOf(Buffer.alloc(11)).subarray(0, 5))).toBe("too_large");
  expect(messageReader(10, never).read(wireOf(Buffer.alloc(1), 1))).toBe("compressed");
});

test("the part of a message that has come is not a message", () => {
  const reader = messageReader(10, () => expect.unreachable());
  for (const byte of wireOf(Buffer.alloc(10)).subarray(0, 14)) {
    expect(reader.read(Buffer.of(byte))).toBeUndefined();
    expect(reader.isMidway()).toBe(true);
  }
});

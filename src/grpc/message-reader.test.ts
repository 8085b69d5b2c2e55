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
      const reader = messageReader(50, (message) => seen.push(message.toString("hex")) > 0);
      let rest: Buffer = Buffer.concat(sent.map((message) => wireOf(message)));
      for (const cut of cuts) {
        expect(reader.read(rest.subarray(0, cut))).toBeUndefined();
        rest = rest.subarray(cut);
      }
      expect(reader.read(rest)).toBeUndefined();
      expect(seen).toEqual(sent.map((message) => Buffer.from(message).toString("hex")));
      expect(reader.hasRest()).toBe(false);
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
    expect(reader.hasRest()).toBe(true);
  }
});

test("told to wait, it waits, and goes on where it was, however often", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 })), (sent, cuts) => {
      const seen: string[] = [];
      const reader = messageReader(50, (message) => seen.push(message.toString("hex")) < 0);
      let rest: Buffer = Buffer.concat(sent.map((message) => wireOf(message)));
      for (const cut of cuts) {
        reader.read(rest.subarray(0, cut));
        rest = rest.subarray(cut);
        expect(seen.length).toBeLessThanOrEqual(1);
      }
      reader.read(rest);
      for (let at = 1; at < sent.length; at++) expect(reader.resume()).toBeUndefined();
      expect(seen).toEqual(sent.map((message) => Buffer.from(message).toString("hex")));
      expect(reader.hasRest()).toBe(false);
    }),
  );
});

test("a part of a byte keeps a byte, not the read that it came in", () => {
  const reader = messageReader(10_000, () => true);
  reader.read(wireOf(Buffer.alloc(9_000)).subarray(0, 5));
  const before = process.memoryUsage().arrayBuffers;
  for (let part = 0; part < 8_000; part++) reader.read(Buffer.alloc(65_536).subarray(0, 1));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300 * 2 ** 20);
  expect(reader.hasRest()).toBe(true);
});

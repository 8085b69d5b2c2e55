import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { compiledModule, jsonKernel } from "../../scripts/build-kernels.ts";
import { type ByteSource, bytesSource, textSource } from "./byte-source.ts";
import { jsonCursor } from "./json-cursor.ts";
import { base64, sha256 } from "./json-kernel-compiled.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function read(source: ByteSource): number[] {
  const cursor = jsonCursor(source);
  const read: number[] = [];
  cursor.take("[");
  expect(cursor.numbers((numbers, count) => read.push(...numbers.subarray(0, count)))).toBe(true);
  return read;
}

/** Gives few bytes at a time. */
function dripping(text: string, most: number): ByteSource {
  const whole = bytesSource(Buffer.from(text));
  return { ...whole, read: (into) => whole.read(into.subarray(0, most)) };
}

const bits = (numbers: readonly number[]) => new BigUint64Array(Float64Array.from(numbers).buffer);

const single = fc.float({ noNaN: true, noDefaultInfinity: true });
/** As in a file: doubles, singles printed as doubles, and whatever digits the grammar allows. */
const digits = (min: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: 24 });
const written = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(
      fc.constant("0"),
      fc.tuple(fc.constantFrom(..."123456789"), digits(0)).map((parts) => parts.join("")),
    ),
    fc.oneof(
      fc.constant(""),
      digits(1).map((text) => `.${text}`),
      fc.tuple(digits(16)).map(([text]) => `.0${text}`),
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      fc
        .tuple(fc.constantFrom("e", "E", "e-", "e+"), fc.integer({ min: 0, max: 340 }))
        .map((parts) => parts.join("")),
    ),
  )
  .map((parts) => parts.join(""));
const text = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.double({ min: -1, max: 1, noNaN: true }).map((value) => JSON.stringify(value)),
  single.map(String),
  fc.float({ min: -1, max: 1, noNaN: true }).map(String),
  written,
);
const separator = fc.constantFrom(",", ", ", ",\n  ", " ,\t", "\r\n,");

test.each([true, false])(
  "numbers are those of JSON.parse to the bit, with the kernel: %s",
  (kernel) => {
    if (!kernel) vi.stubGlobal("WebAssembly", undefined);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), separator, (texts, between) => {
        const json = `[ ${texts.join(between)} ]`;
        expect(bits(read(textSource(json)))).toEqual(bits(JSON.parse(json)));
      }),
      { numRuns: 2000 },
    );
  },
);

test("wherever the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1 }),
      fc.integer({ min: 1, max: 90 }),
      (texts, most) => {
        const json = `[${texts.join(", ")}]`;
        expect(bits(read(dripping(json, most)))).toEqual(bits(JSON.parse(json)));
      },
    ),
    { numRuns: 500 },
  );
});

test("halfway between two doubles, at the ends of their range, and with more digits than any reader keeps", () => {
  const json = `[9007199254740993, 0.500000000000000055511151231257827, 4.9e-324, 2.47e-324, 2.2250738585072011e-308,
    1.7976931348623157e308, 1.7976931348623159e308, -0, -0.0, 0e99, 8.88e-22, 1e23, 0.${"0".repeat(400)}1e400,
    0.1234567890123456789012, 123456789012345678, 1234567890123456789, ${"9".repeat(2_000_000)}, 0.0000000000000000001]`;
  expect(bits(read(textSource(json)))).toEqual(bits(JSON.parse(json)));
});

test.each([
  "01",
  "1.",
  ".5",
  "-",
  "+1",
  "1e",
  "1e+",
  "--1",
  "1.5.2",
  "0x10",
  "NaN",
  "Infinity",
  "1 2",
  "1,",
  "",
])("what is no number for JSON.parse is none here: %s", (word) => {
  for (const json of [`[0.5,${word}]`, `[0.5,${word}`, `[${word}, 0.0312571227550506]`]) {
    expect(() => JSON.parse(json)).toThrow();
    expect(() => {
      const cursor = jsonCursor(textSource(json));
      cursor.take("[");
      if (!cursor.numbers(() => undefined)) throw new Error("something else is next");
    }).toThrow();
  }
});

test("the committed kernel is what the compiler makes of its source", async () => {
  expect(createHash("sha256").update(Buffer.from(base64, "base64")).digest("hex")).toBe(sha256);
  const compiled = await compiledModule(jsonKernel);
  expect(compiled).toContain(sha256);
}, 60_000);

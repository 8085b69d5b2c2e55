import fc from "fast-check";
import { expect, test } from "vitest";
import { readSafetensors } from "./safetensors.ts";
import { tensor, writeSafetensors } from "./safetensors-write.ts";

const file = writeSafetensors(
  { a: tensor(new Float32Array([1, 2, 3, 4]), 2), b: tensor(new Int8Array([-1, 127, 0])) },
  { by: "test" },
);

/** The file with another header over the same data. */
function withHeader(header: unknown, announced?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(json.length));
  return Buffer.concat([length, json, file.subarray(-19)]);
}
const a = { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] };
const b = { dtype: "I8", shape: [3], data_offsets: [16, 19] };

test("written and read again it is the same, wherever in memory it lies", () => {
  const shifted = new Uint8Array(file.length + 3);
  shifted.set(file, 3);
  for (const bytes of [
    file,
    shifted.subarray(3),
    withHeader({ a, b, __metadata__: { by: "test" } }),
  ]) {
    const { metadata, tensors } = readSafetensors(bytes, "x");
    expect(metadata).toEqual({ by: "test" });
    expect(tensors.get("a")).toEqual(tensor(new Float32Array([1, 2, 3, 4]), 2));
    expect(tensors.get("b")).toEqual(tensor(new Int8Array([-1, 127, 0])));
  }
});

test("the data starts aligned, as the format's own writer has it", () => {
  expect(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true) % 8n).toBe(0n);
});

test.each([
  { case: "nothing", bytes: new Uint8Array(0), want: "0 bytes are no safetensors file" },
  { case: "cut in the header", bytes: file.subarray(0, 20), want: "the header is announced" },
  {
    case: "cut in the data",
    bytes: file.subarray(0, -1),
    want: "the tensors end at 19, the data at 18",
  },
  { case: "longer", bytes: Buffer.concat([file, new Uint8Array(1)]), want: "the data at 20" },
  {
    case: "a header longer than the file",
    bytes: withHeader({ a, b }, 2n ** 63n),
    want: "announced",
  },
  { case: "no JSON", bytes: withHeader("{"), want: "the header is not JSON" },
  { case: "a list", bytes: withHeader([]), want: "the header is not an object" },
  {
    case: "metadata of numbers",
    bytes: withHeader({ a, b, __metadata__: { n: 1 } }),
    want: "__metadata__",
  },
  {
    case: "tensors that overlap",
    bytes: withHeader({ a, b: { ...b, data_offsets: [15, 18] } }),
    want: 'tensor "b" begins at 15, the one before it ends at 16',
  },
  {
    case: "a hole",
    bytes: withHeader({ a, b: { ...b, shape: [2], data_offsets: [17, 19] } }),
    want: 'tensor "b" begins at 17',
  },
  {
    case: "a tensor beyond the end",
    bytes: withHeader({ a, b: { ...b, shape: [9e15], data_offsets: [16, 9e15 + 16] } }),
    want: "the tensors end at 9000000000000016",
  },
  {
    case: "a shape that does not fit",
    bytes: withHeader({ a: { ...a, shape: [2, 3] }, b }),
    want: "F32 [2, 3] needs 24 bytes, data_offsets span 16",
  },
  {
    case: "a shape that overflows",
    bytes: withHeader({ a: { ...a, shape: [2 ** 52, 2 ** 52, 2 ** 52] }, b }),
    want: "data_offsets span 16",
  },
  {
    case: "a negative side",
    bytes: withHeader({ a: { ...a, shape: [-2, -2] }, b }),
    want: "shape",
  },
  { case: "an unknown dtype", bytes: withHeader({ a: { ...a, dtype: "BF16" }, b }), want: "BF16" },
  {
    case: "an inherited dtype",
    bytes: withHeader({ a: { ...a, dtype: "toString" }, b }),
    want: "dtype",
  },
  {
    case: "a number for a tensor",
    bytes: withHeader({ a: 1, b }),
    want: "is not described by an object",
  },
])("$case is refused", ({ bytes, want }) => {
  const refused = (() => {
    try {
      readSafetensors(bytes, "m.safetensors");
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(refused).toMatchObject({ code: "artifact_invalid" });
  expect(String(refused)).toContain(want);
});

test("no bytes whatever are read wrongly or crash the reader", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(file.length), (noise, at) => {
      const bytes = Uint8Array.from(file);
      bytes.set(noise.subarray(0, file.length - at), at);
      try {
        for (const { shape, values } of readSafetensors(bytes, "x").tensors.values()) {
          expect(values.length).toBe(shape.reduce((product, side) => product * side, 1));
        }
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "artifact_invalid" });
      }
    }),
  );
});

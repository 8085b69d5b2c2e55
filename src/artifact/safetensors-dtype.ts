/** Bytes a number, by the names of the safetensors format. */
export const sizes = { F64: 8, I32: 4, U32: 4, F32: 4, F16: 2, I8: 1, U8: 1 } as const;

export type Dtype = keyof typeof sizes;

export type Numbers =
  | Float64Array
  | Float32Array
  | Float16Array
  | Int32Array
  | Uint32Array
  | Int8Array
  | Uint8Array;

/** The bytes as numbers, without a copy. A typed array is little-endian wherever Node runs, and so is the format. */
export function numbersOf(dtype: Dtype, bytes: Uint8Array): Numbers {
  const { buffer, byteOffset } = bytes;
  const length = bytes.length / sizes[dtype];
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, length);
    case "F32":
      return new Float32Array(buffer, byteOffset, length);
    case "F16":
      return new Float16Array(buffer, byteOffset, length);
    case "I32":
      return new Int32Array(buffer, byteOffset, length);
    case "U32":
      return new Uint32Array(buffer, byteOffset, length);
    case "I8":
      return new Int8Array(buffer, byteOffset, length);
    case "U8":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

export function dtypeOf(values: Numbers): Dtype {
  if (values instanceof Float64Array) return "F64";
  if (values instanceof Float32Array) return "F32";
  if (values instanceof Float16Array) return "F16";
  if (values instanceof Int32Array) return "I32";
  if (values instanceof Uint32Array) return "U32";
  return values instanceof Int8Array ? "I8" : "U8";
}

/** The same numbers, NaN included, in the smallest floating type that loses none of them. */
export function narrowest(values: ArrayLike<number>): Float16Array | Float32Array | Float64Array {
  const half = Float16Array.from(values);
  if (isSame(values, half)) return half;
  const single = Float32Array.from(values);
  return isSame(values, single) ? single : Float64Array.from(values);
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

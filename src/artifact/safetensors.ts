import { RouterError } from "../errors.ts";
import { type Dtype, type Numbers, numbersOf, sizes } from "./safetensors-dtype.ts";

/**
 * The safetensors container (github.com/huggingface/safetensors): the length of a JSON header as a little-endian u64,
 * the header, then the tensors' bytes one after the other.
 */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Numbers;
}

export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** What follows the header, for a checksum. */
  readonly data: Uint8Array;
}

/** Names, shapes and provenance of a selector take kilobytes; a header that announces more is not one of ours. */
const maxHeaderBytes = 8 * 1024 ** 2;

const lengthBytes = 8;

/** Reads a whole file. Tensors are views of `bytes` where their place allows it. Throws RouterError `artifact_invalid`; `source` names the file. */
export function readSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const refuse = (detail: string): never => {
    throw new RouterError(
      "artifact_invalid",
      `${source}: ${detail}`,
      "Download or train the file again",
    );
  };
  if (bytes.length < lengthBytes) return refuse(`${bytes.length} bytes are no safetensors file`);
  const announced = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (announced > maxHeaderBytes || announced > bytes.length - lengthBytes) {
    return refuse(
      `the header is announced as ${announced} bytes, the file has ${bytes.length - lengthBytes} and ${maxHeaderBytes} are allowed`,
    );
  }
  const dataAt = lengthBytes + Number(announced);
  const data = bytes.subarray(dataAt);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(
    bytes.subarray(lengthBytes, dataAt),
    refuse,
  );
  const inOrder = Object.entries(entries)
    .map(([name, value]) => ({ name, ...entryOf(name, value, refuse) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of inOrder) {
    if (begin !== expected) {
      return refuse(
        `tensor ${shown(name)} begins at ${begin}, the one before it ends at ${expected}`,
      );
    }
    expected = end;
  }
  if (expected !== data.length) {
    return refuse(`the tensors end at ${expected}, the data at ${data.length}`);
  }
  const tensors = inOrder.map(({ name, dtype, shape, begin, end }): [string, Tensor] => {
    const bytes = data.subarray(begin, end);
    // A header of any length destroys the alignment that a view needs; then it is a copy.
    const isAligned = bytes.byteOffset % sizes[dtype] === 0;
    return [
      name,
      { dtype, shape, values: numbersOf(dtype, isAligned ? bytes : new Uint8Array(bytes)) },
    ];
  });
  return { metadata: strings(metadata, refuse), tensors: new Map(tensors), data };
}

type Refuse = (detail: string) => never;
type Json = Readonly<Record<string, unknown>>;

function parseHeader(bytes: Uint8Array, refuse: Refuse): Json {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return refuse("the header is not JSON");
  }
  return isObject(header) ? header : refuse("the header is not an object");
}

function entryOf(name: string, value: unknown, refuse: Refuse) {
  const bad = (what: string): never => refuse(`tensor ${shown(name)}: ${what}`);
  if (!isObject(value)) return bad("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(sizes, dtype)) {
    return bad(`dtype ${shown(dtype)} is none of ${Object.keys(sizes).join(", ")}`);
  }
  if (!isCounts(shape)) return bad("shape is no list of whole numbers");
  if (!isCounts(offsets) || offsets.length !== 2) return bad("data_offsets are no two numbers");
  const [begin = 0, end = 0] = offsets;
  const size = shape.reduce((product, side) => product * side, sizes[dtype as Dtype]);
  if (end - begin !== size) {
    return bad(
      `${dtype} [${shape.join(", ")}] needs ${size} bytes, data_offsets span ${end - begin}`,
    );
  }
  return { dtype: dtype as Dtype, shape, begin, end };
}

function strings(metadata: unknown, refuse: Refuse): Readonly<Record<string, string>> {
  if (isObject(metadata) && Object.values(metadata).every((value) => typeof value === "string")) {
    return metadata as Record<string, string>;
  }
  return refuse("__metadata__ is no object of strings");
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

/** Names come from the file: never long in a message. */
const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 60);

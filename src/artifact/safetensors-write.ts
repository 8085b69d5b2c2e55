import type { Tensor } from "./safetensors.ts";
import { dtypeOf, type Numbers, sizes } from "./safetensors-dtype.ts";

/** Of one table: `shape` is counted from `columns`. */
export function tensor(values: Numbers, columns?: number): Tensor {
  const shape = columns === undefined ? [values.length] : [values.length / columns, columns];
  return { dtype: dtypeOf(values), shape: columns === 0 ? [0, 0] : shape, values };
}

/** The tensors' bytes, in the order in which `writeSafetensors` lays them down. */
export function tensorData(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  return Buffer.concat(laidOut(tensors).map(([, { values }]) => bytesOf(values)));
}

/** The same tensors and metadata always give the same bytes. */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = laidOut(tensors).map(([name, { dtype, shape, values }]) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const sorted = Object.fromEntries(Object.entries(metadata).sort(byName));
  const json = Buffer.from(
    JSON.stringify({ __metadata__: sorted, ...Object.fromEntries(entries) }),
  );
  // The format's own writer pads with spaces, so that the data starts aligned.
  const header = Buffer.alloc(Math.ceil(json.length / 8) * 8, " ");
  json.copy(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, tensorData(tensors)]);
}

/** Wide numbers first, as the format's own writer: then every tensor is aligned. */
const laidOut = (tensors: Readonly<Record<string, Tensor>>): readonly [string, Tensor][] =>
  Object.entries(tensors).sort((a, b) => sizes[b[1].dtype] - sizes[a[1].dtype] || byName(a, b));

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

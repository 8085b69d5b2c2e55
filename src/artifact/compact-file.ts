import { hash } from "node:crypto";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { FeatureSpec, Provenance } from "./artifact.ts";
import { type Room, room } from "./growing.ts";
import { readSafetensors, type Tensor } from "./safetensors.ts";
import type { Dtype, Numbers } from "./safetensors-dtype.ts";
import { tensorData, writeSafetensors } from "./safetensors-write.ts";

/** What is no table of numbers, as JSON texts in the metadata of the container. */
interface Description {
  readonly features?: FeatureSpec | undefined;
  readonly provenance?: Provenance | undefined;
  /** Names and numbers of one algorithm. */
  readonly fields: unknown;
}

/** Reads the parts of one compact file. Every refusal names `source` and the part. */
export interface CompactReader {
  readonly features: FeatureSpec | undefined;
  readonly provenance: Provenance | undefined;
  fields<T extends z.ZodType>(schema: T): z.infer<T>;
  has(name: string): boolean;
  /** Finite numbers only, unless `allowNaN`. */
  tensor(name: string, shape: readonly (number | undefined)[], allowNaN?: boolean): Tensor;
  /** Values of whatever floating type, as doubles. */
  doubles(tensor: Tensor): Float64Array;
  /** For what is not merely a view of the file's bytes. */
  readonly room: Room;
  refusal(detail: string): RouterError;
}

const format = "signalbox-selector-1";

const Metadata = z.object({
  format: z.literal(format),
  algorithm: z.string(),
  data_sha256: z.string(),
  fields: z.string(),
  features: z.string().optional(),
  provenance: z.string().optional(),
});

export function writeCompact(
  algorithm: string,
  tensors: Readonly<Record<string, Tensor>>,
  { features, provenance, fields }: Description,
): Uint8Array {
  return writeSafetensors(tensors, {
    format,
    algorithm,
    data_sha256: sha256(tensorData(tensors)),
    fields: JSON.stringify(fields),
    ...(features && { features: JSON.stringify(features) }),
    ...(provenance && { provenance: JSON.stringify(provenance) }),
  });
}

export function readCompact(
  algorithm: string,
  bytes: Uint8Array,
  source: string,
  maxBytes: number,
): CompactReader {
  const refusal = (detail: string, remedy = "Download or train the file again") =>
    new RouterError("artifact_invalid", `${source}: ${detail}`, remedy);
  const { metadata, tensors, data } = readSafetensors(bytes, source);
  const known = Metadata.safeParse(metadata);
  if (!known.success) {
    throw refusal(
      `no selector of signalbox: ${known.error.issues[0]?.path.join(".")} ${known.error.issues[0]?.message}`,
    );
  }
  if (known.data.algorithm !== algorithm) {
    throw refusal(`is of ${known.data.algorithm}`, `Use a file of ${algorithm} here`);
  }
  if (known.data.data_sha256 !== sha256(data)) throw refusal("its checksum does not fit its data");

  function json<T extends z.ZodType>(name: "fields" | "features" | "provenance", schema: T) {
    const text = known.data?.[name];
    const result = schema.safeParse(text === undefined ? undefined : parsed(text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw refusal(`${[name, ...(issue?.path ?? [])].join(".")}: ${issue?.message}`);
  }

  function tensor(name: string, shape: readonly (number | undefined)[], allowNaN = false): Tensor {
    const found = tensors.get(name);
    if (!found) throw refusal(`tensor ${name} is missing`);
    const fits =
      found.shape.length === shape.length &&
      shape.every((side, axis) => side === undefined || side === found.shape[axis]);
    if (!fits) {
      const wanted = shape.map((side) => side ?? "any").join(", ");
      throw refusal(`tensor ${name} is [${found.shape.join(", ")}], not [${wanted}]`);
    }
    const bad = firstBad(found.values, allowNaN);
    if (bad >= 0)
      throw refusal(`tensor ${name}${placeOf(bad, found.shape)} is ${found.values[bad]}`);
    return found;
  }

  const left = room(maxBytes, source);

  function doubles({ values }: Tensor): Float64Array {
    if (values instanceof Float64Array) return values;
    left.take(values.length * Float64Array.BYTES_PER_ELEMENT);
    return Float64Array.from(values as ArrayLike<number>);
  }

  return {
    features: json("features", FeatureSpec.optional()),
    provenance: json("provenance", Provenance.optional()),
    fields: (schema) => json("fields", schema),
    has: (name) => tensors.has(name),
    tensor,
    doubles,
    room: left,
    refusal,
  };
}

/** `[3][17]` of a table, `[3]` of a list. */
function placeOf(index: number, shape: readonly number[]): string {
  const [, columns] = shape;
  return columns === undefined
    ? `[${index}]`
    : `[${Math.floor(index / columns)}][${index % columns}]`;
}

export const isDtype = (tensor: Tensor, ...dtypes: readonly Dtype[]): boolean =>
  dtypes.includes(tensor.dtype);

function firstBad(values: Numbers, allowNaN: boolean): number {
  if (values instanceof Float32Array || values instanceof Float64Array) {
    return firstOdd(values, allowNaN);
  }
  return values instanceof Float16Array ? firstOdd(values, allowNaN) : -1;
}

function firstOdd(values: ArrayLike<number>, allowNaN: boolean): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // Faster than Number.isFinite over millions; NaN and the infinities give NaN.
    if (value - value !== 0 && !(allowNaN && Number.isNaN(value))) return i;
  }
  return -1;
}

/** Undefined for what is no JSON: the schema then refuses it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes);

import { createHash } from "node:crypto";
import { base64, sha256 } from "./compiled.ts";
import type { Kernels } from "./kernels.ts";
import { plainKernels } from "./plain.ts";

/** Of the standard, what is used here: TypeScript knows it only together with the whole of the browser. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => Compiled;
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (
    compiled: Compiled,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown };
};

/** A compiled module. */
export type Compiled = object;

/** One block of memory, laid out once, that the kernels compute in. Nothing is allocated afterwards. */
export interface Pool<Region extends string> {
  readonly kernels: Kernels;
  /** Byte offset of each region, a multiple of 64. */
  readonly at: Readonly<Record<Region, number>>;
  /** The whole pool: a double of a region is at `doubles[at.region / 8 + index]`. */
  readonly doubles: Float64Array;
  readonly singles: Float32Array;
  readonly indices: Uint32Array;
}

/** A cache line: no load of a region's start crosses one. */
const alignment = 64;
const pageBytes = 65_536;
/** What 32-bit offsets reach. */
const maxPages = 65_536;

/** Makes a pool of regions with so many bytes each, all zero. WebAssembly where it runs, TypeScript elsewhere. */
export function makePool<Region extends string>(
  regions: Readonly<Record<Region, number>>,
): Pool<Region> {
  let end = 0;
  const entries = Object.entries<number>(regions).map(([name, bytes]) => {
    const from = end;
    end = Math.ceil((from + bytes) / alignment) * alignment;
    return [name, from];
  });
  const { buffer, kernels } = instance(simdModule(), end) ?? plain(end);
  return {
    kernels,
    at: Object.fromEntries(entries) as Record<Region, number>,
    doubles: new Float64Array(buffer),
    singles: new Float32Array(buffer),
    indices: new Uint32Array(buffer),
  };
}

/** `simd` where the kernels run as WebAssembly, else `plain`, which is some ten times slower and answers the same. */
export const kernelsInUse = (): "simd" | "plain" => (simdModule() ? "simd" : "plain");

interface Memory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
}

function instance(compiled: Compiled | undefined, bytes: number): Memory | undefined {
  const pages = Math.max(1, Math.ceil(bytes / pageBytes));
  if (!compiled || pages > maxPages) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    return { buffer: memory.buffer, kernels: exports as Kernels };
  } catch {
    // No address space for another memory, which WebAssembly takes gigabytes of at a time.
    return undefined;
  }
}

function plain(bytes: number): Memory {
  const buffer = new ArrayBuffer(Math.max(alignment, bytes));
  return { buffer, kernels: plainKernels(buffer) };
}

let known: Compiled | undefined;
let tried = false;

/** Undefined where the engine has no SIMD, or the bytes are not those that were compiled. */
function simdModule(): Compiled | undefined {
  if (tried) return known;
  tried = true;
  const bytes = Buffer.from(base64, "base64");
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return undefined;
  try {
    known = new WebAssembly.Module(bytes);
  } catch {
    known = undefined;
  }
  return known;
}

import { createHash } from "node:crypto";
import { once } from "../once.ts";
import * as plainSimd from "./compiled.ts";
import * as relaxedSimd from "./compiled-relaxed.ts";
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
  const { buffer, kernels } = instance(end) ?? plain(end);
  return {
    kernels,
    at: Object.fromEntries(entries) as Record<Region, number>,
    doubles: new Float64Array(buffer),
    singles: new Float32Array(buffer),
    indices: new Uint32Array(buffer),
  };
}

/**
 * `relaxed` or `simd` where the kernels run as WebAssembly, with or without relaxed SIMD; else `plain`, which is some ten
 * times slower. The selections are the same.
 */
export const kernelsInUse = (): "relaxed" | "simd" | "plain" =>
  simd() === undefined ? "plain" : relaxed() === undefined ? "simd" : "relaxed";

interface Memory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
}

function instance(bytes: number): Memory | undefined {
  const pages = Math.max(1, Math.ceil(bytes / pageBytes));
  const modules = [simd(), relaxed()].filter((module) => module !== undefined);
  if (simd() === undefined || pages > maxPages) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    // What the second has is faster than the same of the first.
    const exports = modules.map(
      (module) => new WebAssembly.Instance(module, { env: { memory } }).exports,
    );
    return { buffer: memory.buffer, kernels: Object.assign({}, ...exports) as Kernels };
  } catch {
    // No address space for another memory, which WebAssembly takes gigabytes of at a time.
    return undefined;
  }
}

function plain(bytes: number): Memory {
  const buffer = new ArrayBuffer(Math.max(alignment, bytes));
  return { buffer, kernels: plainKernels(buffer) };
}

const simd = once(() => compiled(plainSimd));
const relaxed = once(() => compiled(relaxedSimd));

/** Undefined where the engine lacks an instruction, or the bytes are not those that were compiled. */
function compiled({ base64, sha256 }: { base64: string; sha256: string }): Compiled | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return undefined;
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined;
  }
}

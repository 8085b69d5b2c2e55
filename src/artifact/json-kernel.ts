import { base64 } from "./json-kernel-compiled.ts";

/** TypeScript declares these with the browser's interfaces only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { readonly initial: number }) => Memory;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: { readonly read: Read } };
};
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}
type Read = (at: number, end: number, target: number, most: number) => number;

/** Numbers that one call of the kernel gives at most. */
const mostNumbers = 2048;

/** Where things lie in the kernel's memory; the first are written down in kernels/json-numbers.ts. */
const countAt = 160;
const stateAt = 164;
const numbersAt = 1024;
const windowAt = numbersAt + mostNumbers * 8;

/** The kernel reads so far beyond a number's first byte. */
const overhang = 32;

const pageBytes = 2 ** 16;

/** Decimals that the kernel reads are 16 and as many more as these have entries. */
const scales = [0, 1, 2, 3];

export interface JsonKernel {
  /** Bytes that `read` sees. A longer one replaces it, with what it held. */
  readonly window: () => Uint8Array;
  readonly enlarge: () => void;
  /**
   * Reads numbers of the usual kind from byte `at` of the window on into `numbers`, and tells how many. `stoppedAt` and
   * `afterElement` tell where it stopped: before an element that is not of that kind, or after one that no comma follows.
   */
  readonly read: (at: number, end: number) => number;
  readonly numbers: () => Float64Array;
  stoppedAt: number;
  afterElement: boolean;
}

let compiled: object | undefined;

/** Its window is `windowBytes` long. Without WebAssembly (node --jitless) `read` reads nothing. */
export function openJsonKernel(windowBytes: number): JsonKernel {
  try {
    compiled ??= new WebAssembly.Module(Buffer.from(base64, "base64"));
    const memory = new WebAssembly.Memory({ initial: pagesOf(windowBytes) });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    return running(memory, exports.read, windowBytes);
  } catch {
    // There is none, or no address space for another memory, of which each takes gigabytes.
    return idle(windowBytes);
  }
}

function running(memory: Memory, run: Read, windowBytes: number): JsonKernel {
  let length = windowBytes;
  let views = viewsOf(memory, length);
  views.doubles.set(tables());
  const kernel: JsonKernel = {
    window: () => views.window,
    enlarge() {
      memory.grow(pagesOf(length * 2) - pagesOf(length));
      length *= 2;
      views = viewsOf(memory, length);
    },
    read(at, end) {
      kernel.stoppedAt = run(windowAt + at, windowAt + end, numbersAt, mostNumbers) - windowAt;
      kernel.afterElement = views.words[stateAt / 4] === 1;
      return views.words[countAt / 4] as number;
    },
    numbers: () => views.numbers,
    stoppedAt: 0,
    afterElement: false,
  };
  return kernel;
}

const pagesOf = (windowBytes: number): number =>
  Math.ceil((windowAt + windowBytes + overhang) / pageBytes);

const viewsOf = ({ buffer }: Memory, length: number) => ({
  doubles: new Float64Array(buffer, 0, countAt / 8),
  words: new Uint32Array(buffer, 0, numbersAt / 4),
  numbers: new Float64Array(buffer, numbersAt, mostNumbers),
  window: new Uint8Array(buffer, windowAt, length),
});

function tables(): number[] {
  const powers = scales.map((more) => 10 ** (16 + more));
  return [
    ...scales.map((more) => 10 ** (8 + more)),
    ...scales.map((more) => 10 ** more),
    ...powers.map((power) => 1 / power),
    ...powers.map(upperBits),
    ...powers.map((power) => power - upperBits(power)),
  ];
}

/** The upper 26 of 53 bits (Veltkamp 1968), so that their product with a single is exact. */
export function upperBits(value: number): number {
  const spread = value * (2 ** 27 + 1);
  return spread - (spread - value);
}

function idle(windowBytes: number): JsonKernel {
  let window = new Uint8Array(windowBytes);
  const kernel: JsonKernel = {
    window: () => window,
    enlarge() {
      const longer = new Uint8Array(window.length * 2);
      longer.set(window);
      window = longer;
    },
    read(at) {
      kernel.stoppedAt = at;
      return 0;
    },
    numbers: () => new Float64Array(0),
    stoppedAt: 0,
    afterElement: false,
  };
  return kernel;
}

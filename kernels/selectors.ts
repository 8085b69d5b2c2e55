// AssemblyScript, for 128-bit WebAssembly SIMD. scripts/build-kernels.ts compiles this module, and
// src/math/kernels/plain.ts says the same in TypeScript, function by function. What names data is a byte offset into the
// one imported memory.
//
// Offsets of rows need no alignment: a row of 1038 singles is no multiple of 16 bytes, and the machines that run this
// read across a cache line at little cost.

export * from "./distances";
export * from "./bytes";
export * from "./dots";
export * from "./machines";
export * from "./training";

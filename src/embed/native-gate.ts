/**
 * Ending a thread while onnxruntime computes in it aborts the whole process: it makes its result in a thread that is
 * ending, which fails, and nothing catches that. So a thread says when it is inside, and whoever ends it first waits
 * until it is outside and keeps it there.
 */
export type NativeGate = <T>(work: () => Promise<T>) => Promise<T>;

const inside = 0;
const shut = 1;

/** What a thread and its owner share. */
export const gateMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);

/** In the thread: one work at a time. When the gate is shut the work does not start, and the promise does not settle. */
export function nativeGate(memory: SharedArrayBuffer = gateMemory()): NativeGate {
  const state = new Int32Array(memory);
  function leave(): void {
    Atomics.store(state, inside, 0);
    Atomics.notify(state, inside);
  }
  return async (work) => {
    // Said before the gate is looked at, so that whoever shuts it meanwhile sees one or the other.
    Atomics.store(state, inside, 1);
    if (Atomics.load(state, shut) === 1) {
      leave();
      return new Promise(() => undefined);
    }
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

/** In the owner: resolves when the thread is outside, where it stays. */
export async function shutGate(memory: SharedArrayBuffer): Promise<void> {
  const state = new Int32Array(memory);
  Atomics.store(state, shut, 1);
  await Atomics.waitAsync(state, inside, 1).value;
}

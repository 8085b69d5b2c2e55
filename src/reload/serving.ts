import { type Counted, counted } from "./counted.ts";

/** The one that serves, and those before it that streams still use. */
export interface Serving<T extends object> {
  /** Undefined until the first swap. */
  current(): T | undefined;
  take(): (T & { release(): void }) | undefined;
  /** From now on `next` is taken. The one before is closed when the last of its users has released it. */
  swap(next: T): void;
  /** How many are not closed yet. */
  open(): number;
  /** Closes all of them, also those in use. */
  close(): Promise<void>;
}

export function serving<T extends object>(closeOne: (value: T) => Promise<void>): Serving<T> {
  const open = new Set<Counted<T>>();
  let now: Counted<T> | undefined;
  return {
    current: () => now?.value,
    take: () => now?.take(),
    swap(value) {
      const before = now;
      const next = counted(value, () => closeOne(value).finally(() => open.delete(next)));
      open.add(next);
      now = next;
      before?.retire();
    },
    open: () => open.size,
    async close() {
      now = undefined;
      await Promise.allSettled([...open].map((one) => one.close()));
    },
  };
}

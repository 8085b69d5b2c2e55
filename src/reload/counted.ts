/** Something that several use and that is closed when the last of them lets it go. */
export interface Counted<T extends object> {
  readonly value: T;
  /** The same object for everyone: taking one costs a request nothing. `release` is to be called once for each taken. */
  take(): T & { release(): void };
  /** Nobody takes it any more: it is closed at once, or by the last release. */
  retire(): void;
  /** Closes it also under those that still use it. */
  close(): Promise<void>;
}

export function counted<T extends object>(value: T, closeValue: () => Promise<void>): Counted<T> {
  let users = 0;
  let retired = false;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeValue();
    return closing;
  };
  // Whoever lets go last cannot do anything about what does not close.
  const closeIfIdle = (): void => {
    if (retired && users === 0) void close().catch(() => undefined);
  };
  const taken = {
    ...value,
    release() {
      users--;
      closeIfIdle();
    },
  };
  return {
    value,
    take() {
      users++;
      return taken;
    },
    retire() {
      retired = true;
      closeIfIdle();
    },
    close,
  };
}

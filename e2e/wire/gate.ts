/** Where a backend waits while a test holds it. */
export interface Gate {
  pass(): Promise<void>;
  hold(): void;
  release(): void;
}

export function openGate(): Gate {
  let open = Promise.resolve();
  let release = (): void => {};
  return {
    pass: () => open,
    hold() {
      ({ promise: open, resolve: release } = Promise.withResolvers<void>());
    },
    release: () => release(),
  };
}

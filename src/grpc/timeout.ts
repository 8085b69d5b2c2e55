const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Milliseconds of a grpc-timeout header, at most what setTimeout takes; undefined when it says none. */
export function timeoutMs(header: string | undefined): number | undefined {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(header ?? "") ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.min(Number(amount) * (unitMs[unit] ?? 0), 2 ** 31 - 1);
}

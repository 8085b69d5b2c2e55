const scales: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  s: [
    [1, " s"],
    [1e-3, " ms"],
    [1e-6, " µs"],
  ],
  bytes: [
    [2 ** 30, " GiB"],
    [2 ** 20, " MiB"],
    [2 ** 10, " KiB"],
    [1, " B"],
  ],
  reqps: [[1, " req/s"]],
  percentunit: [[0.01, " %"]],
  short: [[1, ""]],
};

/** A number with Grafana's unit, in three digits or `decimals`. */
export function shown(value: number, unit: string, decimals?: number): string {
  if (!Number.isFinite(value)) return "-";
  const list = scales[unit] ?? [[1, ""]];
  const [scale, name] = list.find(([least]) => Math.abs(value) >= least) ?? list.at(-1) ?? [1, ""];
  const scaled = value / scale;
  const text =
    decimals === undefined ? `${Number(scaled.toPrecision(3))}` : scaled.toFixed(decimals);
  return value === 0 ? `0${name}` : `${text}${name}`;
}

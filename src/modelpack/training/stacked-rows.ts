import type { SparseRow } from "../../math/sparse-row.ts";
import type { SparseRows } from "./averaged-sgd.ts";

/** One block of memory for all rows, in their order. */
export function stacked(rows: readonly SparseRow[], labels: Uint8Array): SparseRows {
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach(({ columns }, row) => {
    starts[row + 1] = (starts[row] as number) + columns.length;
  });
  const columns = new Uint32Array(starts[rows.length] as number);
  const values = new Float32Array(columns.length);
  rows.forEach((one, row) => {
    columns.set(one.columns, starts[row]);
    values.set(one.values, starts[row]);
  });
  return { starts, columns, values, labels };
}

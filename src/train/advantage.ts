import { meanOf } from "../math/bootstrap.ts";
import { meansOf, type TrainingSet } from "./training-set.ts";

/**
 * What a model's answer is worth beside the other answers to the query: its value less what the query gave everyone.
 * How hard a query is moves all values alike, decides nothing, and would only be noise to learn. NaN stays NaN.
 */
export function advantages(set: TrainingSet): Float64Array {
  const { count, models, values } = set;
  const width = models.length;
  const means = meansOf(set);
  const result = values.slice();
  for (let row = 0; row < count; row++) {
    const cells = Array.from({ length: width }, (_, model) => row * width + model);
    const answered = cells.filter((cell) => !Number.isNaN(values[cell]));
    // Against the means of those who answered, so that a strong field does not make a query look easy.
    const ease = meanOf(
      answered.map((cell) => (values[cell] as number) - (means[cell % width] as number)),
    );
    for (const cell of answered) result[cell]! -= ease;
  }
  return result;
}

/** By query: mean value of its answers. */
export function valueMeans({ count, models, values }: TrainingSet): Float64Array {
  const width = models.length;
  return Float64Array.from({ length: count }, (_, row) =>
    meanOf(values.subarray(row * width, (row + 1) * width).filter((v) => !Number.isNaN(v))),
  );
}

/** By query: do its answers differ in value? Others say nothing of which model to choose. */
export function telling({ count, models, values }: TrainingSet): Uint8Array {
  const width = models.length;
  return Uint8Array.from({ length: count }, (_, row) => {
    const known = values.subarray(row * width, (row + 1) * width).filter((v) => !Number.isNaN(v));
    return Number(known.some((value) => value !== known[0]));
  });
}

/** Models that answered the same queries, which can be fitted together: columns, and rows they have. */
export function sameQueries({
  count,
  models,
  values,
}: Pick<TrainingSet, "count" | "models" | "values">): readonly {
  readonly columns: readonly number[];
  readonly rows: Uint32Array;
}[] {
  const groups = new Map<string, { columns: number[]; rows: Uint32Array }>();
  for (let column = 0; column < models.length; column++) {
    const rows = Uint32Array.from({ length: count }, (_, row) => row).filter(
      (row) => !Number.isNaN(values[row * models.length + column]),
    );
    const key = Buffer.from(rows.buffer).toString("latin1");
    const group = groups.get(key) ?? { columns: [], rows };
    group.columns.push(column);
    groups.set(key, group);
  }
  return [...groups.values()];
}

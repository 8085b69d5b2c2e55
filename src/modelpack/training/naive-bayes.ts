import type { SparseRows } from "./averaged-sgd.ts";

/** Added to every count: so little that a rare n-gram still tells its label apart. */
const smoothing = 0.03;

/**
 * The weights of complement naive Bayes (Rennie and others, "Tackling the poor assumptions of naive Bayes text
 * classifiers", 2003), as scikit-learn's ComplementNB(alpha=0.03): of class c, how seldom a column is among the rows of
 * the other classes. Less their mean over the classes, which changes no decision. [columns][classes]
 */
export function complementNaiveBayes(
  { starts, columns, values, labels }: SparseRows,
  width: number,
  classes: number,
): Float32Array {
  const counts = new Float64Array(width * classes);
  const all = new Float64Array(width);
  labels.forEach((label, row) => {
    for (let i = starts[row] as number; i < (starts[row + 1] as number); i++) {
      const column = columns[i] as number;
      const at = column * classes + label;
      counts[at] = (counts[at] as number) + (values[i] as number);
      all[column] = (all[column] as number) + (values[i] as number);
    }
  });
  const sums = new Float64Array(classes);
  for (let at = 0; at < counts.length; at++) {
    const complement =
      (all[Math.floor(at / classes)] as number) + smoothing - (counts[at] as number);
    counts[at] = complement;
    sums[at % classes] = (sums[at % classes] as number) + complement;
  }
  const weights = new Float32Array(counts.length);
  for (let column = 0; column < width; column++) {
    const from = column * classes;
    let mean = 0;
    for (let c = 0; c < classes; c++) {
      const logged = Math.log((counts[from + c] as number) / (sums[c] as number));
      counts[from + c] = logged;
      mean += logged / classes;
    }
    for (let c = 0; c < classes; c++) weights[from + c] = mean - (counts[from + c] as number);
  }
  return weights;
}

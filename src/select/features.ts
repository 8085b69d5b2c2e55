/**
 * x = [embedding, one-hot of the category], the feature vector of every selector (1024 + 14 = 1038 numbers).
 * A category that `categories` does not hold counts as `other`, as in vllm-project/semantic-router: its order has no
 * slot for engineering.
 */
export function features(
  vector: Float32Array,
  category: string,
  categories: readonly string[],
): Float32Array {
  const x = new Float32Array(vector.length + categories.length);
  x.set(vector);
  const slot = categories.indexOf(category);
  const used = slot >= 0 ? slot : categories.indexOf("other");
  if (used >= 0) x[vector.length + used] = 1;
  return x;
}

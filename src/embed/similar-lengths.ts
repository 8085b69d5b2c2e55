/** One run costs about as much as this many tokens, so more padding than this costs more than it saves. */
const maxPadding = 8;

/** Which texts of a batch to run together, by index: those whose numbers of tokens are alike. */
export function similarLengths(lengths: readonly number[]): number[][] {
  const lengthOf = (index: number) => lengths[index] ?? 0;
  const shortestFirst = [...lengths.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
  const groups: number[][] = [];
  let group: number[] = [];
  for (const index of shortestFirst) {
    const shortest = lengthOf(group[0] ?? index);
    if (group.length === 0 || lengthOf(index) - shortest > maxPadding) {
      group = [];
      groups.push(group);
    }
    group.push(index);
  }
  return groups;
}

/** Numbers in [0, 1), the same for the same seed on every machine: Marsaglia's xorshift32 over a mixed seed. */
export type Random = () => number;

export function random(seed: number): Random {
  // Mixed (murmur3's finaliser), because the first numbers of nearby seeds would be alike; zero is no state.
  let state = seed | 0;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  state = state ^ (state >>> 16) || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** 0 to `count` - 1 in chance order (Fisher and Yates). */
export function shuffled(count: number, next: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
  return order;
}

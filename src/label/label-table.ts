import { RouterError } from "../errors.ts";

/** Slots are at most so full, which keeps the search for a free one short. */
const maxFill = 0.6;

/** 20 million queries: then the table has 2^25 slots of 17 bytes, 570 MB. */
const maxSlots = 2 ** 25;

/**
 * Which label each distinct query has, by the first 16 bytes of its sha-256: two of a billion queries share them with a
 * probability of 10^-21. 17 bytes a slot; a million queries take 36 MB, and 54 MB while it grows.
 */
export interface LabelTable {
  get(hash: Buffer): string | undefined;
  /** Throws RouterError `training_data_invalid` when there are too many. */
  set(hash: Buffer, label: string): void;
  readonly size: number;
}

export function labelTable(): LabelTable {
  let slots = 2 ** 12;
  let keys = new Uint32Array(4 * slots);
  /** 0 is a free slot, else one more than the label's place in `labels`. */
  let codes = new Uint8Array(slots);
  const labels: string[] = [];
  let size = 0;

  /** The slot that has the key, or the free one that is to have it. */
  function slotOf(key: readonly number[]): number {
    let slot = (key[3] as number) & (slots - 1);
    while (codes[slot] !== 0 && key.some((word, i) => keys[4 * slot + i] !== word)) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  }

  function put(key: readonly number[], code: number): void {
    const slot = slotOf(key);
    if (codes[slot] === 0) size++;
    keys.set(key, 4 * slot);
    codes[slot] = code;
  }

  function grow(): void {
    if (slots === maxSlots) throw tooMany();
    const [oldKeys, oldCodes] = [keys, codes];
    slots *= 2;
    keys = new Uint32Array(4 * slots);
    codes = new Uint8Array(slots);
    size = 0;
    oldCodes.forEach((code, slot) => {
      if (code !== 0) put([...oldKeys.subarray(4 * slot, 4 * slot + 4)], code);
    });
  }

  function codeOf(label: string): number {
    const at = labels.indexOf(label);
    const code = at >= 0 ? at + 1 : labels.push(label);
    if (code > 255) throw new Error("unreachable: there are fewer labels than 256");
    return code;
  }

  return {
    get: (hash) => labels[(codes[slotOf(keyOf(hash))] as number) - 1],
    set(hash, label) {
      if (size + 1 > slots * maxFill) grow();
      put(keyOf(hash), codeOf(label));
    },
    get size() {
      return size;
    },
  };
}

const keyOf = (hash: Buffer): readonly number[] => [
  hash.readUInt32LE(0),
  hash.readUInt32LE(4),
  hash.readUInt32LE(8),
  hash.readUInt32LE(12),
];

const tooMany = () =>
  new RouterError(
    "training_data_invalid",
    `the file has more than ${Math.floor(maxSlots * maxFill)} distinct queries`,
    "Label it in parts, with --shard, and merge them",
  );

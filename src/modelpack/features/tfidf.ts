import { toUnitLength } from "../../math/sparse-row.ts";
import type { Grams } from "./grams.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A sparse row while it is made; `count` of the places are filled. */
export class RowBuilder {
  count = 0;
  private columns = new Uint32Array(4096);
  private values = new Float32Array(4096);

  add(column: number, value: number): void {
    if (this.count === this.columns.length) this.grow();
    this.columns[this.count] = column;
    this.values[this.count++] = value;
  }

  /** What was added since the row had `from` entries gets this length. */
  normalise(from: number, length: number): void {
    toUnitLength(this.values, from, this.count, length);
  }

  /** The row, and an empty builder. */
  take() {
    const row = {
      columns: this.columns.slice(0, this.count),
      values: this.values.slice(0, this.count),
    };
    this.count = 0;
    return row;
  }

  private grow(): void {
    const columns = new Uint32Array(this.columns.length * 2);
    const values = new Float32Array(this.values.length * 2);
    columns.set(this.columns);
    values.set(this.values);
    this.columns = columns;
    this.values = values;
  }
}

/** How often each known n-gram occurs in one text. Reused: `clear` forgets the text. */
export class GramCounts {
  /** By number of the n-gram. */
  readonly counts: Uint32Array;
  /** Numbers of the n-grams that occur, in the order of the text. */
  readonly seen: number[] = [];
  private readonly vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.counts = new Uint32Array(vocabulary.size);
  }

  count({ count, first, second }: Grams): void {
    const { vocabulary, counts, seen } = this;
    for (let i = 0; i < count; i++) {
      const number = vocabulary.find(first[i] as number, second[i] as number);
      if (number < 0) continue;
      const before = counts[number] as number;
      if (before === 0) seen.push(number);
      counts[number] = before + 1;
    }
  }

  clear(): void {
    for (const number of this.seen) this.counts[number] = 0;
    this.seen.length = 0;
  }
}

/** 1 + ln(count), so that the tenth mention says less than the first. */
export const damped = (count: number): number => (count === 1 ? 1 : 1 + Math.log(count));

/** A promise, and what was measured of it. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly bar: number;
  readonly met: boolean;
  /** The same by CPU instead of wall time, where it is a ratio of short calls; both must keep the bar. */
  readonly byCpu?: number;
}

export const atMost = (what: string, measured: number, bar: number): Bar => ({
  what,
  measured,
  bar,
  met: measured <= bar,
});

export const atLeast = (what: string, measured: number, bar: number): Bar => ({
  what,
  measured,
  bar,
  met: measured >= bar,
});

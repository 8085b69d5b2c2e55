import { setImmediate as nextTurn } from "node:timers/promises";

/** Work that stops now and then, so that a server which does it can do something else in between. */
export type Turns<T> = Generator<undefined, T, undefined>;

/** To the end, at once. */
export function finished<T>(turns: Turns<T>): T {
  for (;;) {
    const { done, value } = turns.next();
    if (done) return value;
  }
}

/** To the end, with everything else that waits after each turn. */
export async function inTurns<T>(turns: Turns<T>): Promise<T> {
  for (;;) {
    const { done, value } = turns.next();
    if (done) return value;
    await nextTurn();
  }
}

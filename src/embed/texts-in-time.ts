import type { RunPace } from "./run-pace.ts";
import type { WantedText } from "./wanted-texts.ts";

/** Of the texts that wait, for each batch: a queue of thousands, as training has, is not searched to its end. */
const maxSearched = 256;

/**
 * What may go to a model at `now`, oldest first, and what is late already. A queue that is too long must not spend the
 * model on texts that come too late, so those that cannot be ready in time stand back; but where nothing can, all that
 * are not late yet are given, because an estimate that is wrong must not last.
 */
export function textsInTime(
  waiting: Iterable<WantedText>,
  now: number,
  pace: RunPace,
): { readonly usable: readonly WantedText[]; readonly late: readonly WantedText[] } {
  const [early, late]: [WantedText[], WantedText[]] = [[], []];
  for (const text of waiting) {
    (text.deadlineAt > now ? early : late).push(text);
    if (early.length === maxSearched) break;
  }
  const inTime = early.filter(
    ({ tokens, deadlineAt }) => now + 1000 * pace.seconds(tokens) < deadlineAt,
  );
  return { usable: inTime.length > 0 ? inTime : early, late };
}

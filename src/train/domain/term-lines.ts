import { random, shuffled } from "../../math/random.ts";
import type { Sample } from "./sample.ts";

const termsInLine = 3;
const passes = 2;

/**
 * Terms of one domain and language, three to a line, in chance order, twice. A term alone is too short: it teaches
 * what it means when it stands alone, and in a sentence it never does. Chat gained
 * about a point by it in cross-validation.
 */
export function termLines(samples: readonly Sample[], seed: number): Sample[] {
  const next = random(seed);
  const terms = samples.filter(({ source }) => source === "terms");
  const groups = Map.groupBy(terms, ({ domain, language }) => `${domain} ${language}`);
  return Array.from({ length: passes }, () => [...groups.values()])
    .flat()
    .flatMap((group) => {
      const order = [...shuffled(group.length, next)];
      return Array.from({ length: Math.floor(group.length / termsInLine) }, (_, line) => {
        const chosen = order.slice(line * termsInLine, (line + 1) * termsInLine);
        const text = chosen.map((at) => group[at]?.text ?? "").join(" ");
        return { ...(group[0] as Sample), text, kind: "line of terms" };
      });
    });
}

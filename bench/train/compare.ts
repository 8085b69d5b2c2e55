import type { Spent, SvmAnswer } from "./own.ts";

/** A contestant's line of a table: seconds, and how far what it found is from what the other did. */
export interface Row extends Spent {
  readonly what: string;
  readonly who: string;
  readonly [figure: string]: string | number;
}

type Work<A> = () => A | Promise<A>;

/** What each contestant answered in every round. They take turns, so that what else the machine does falls on all. */
export async function inTurns<A extends readonly unknown[]>(
  rounds: number,
  contestants: { readonly [At in keyof A]: Work<A[At]> },
): Promise<{ [At in keyof A]: [A[At], ...A[At][]] }> {
  const answers: unknown[][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, work] of contestants.entries()) answers[at]?.push(await work());
  }
  return answers as { [At in keyof A]: [A[At], ...A[At][]] };
}

export function median(runs: readonly Spent[]): Spent {
  const of = (key: keyof Spent): number =>
    runs.map((run) => run[key]).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)] ??
    Number.NaN;
  return { wall: of("wall"), cpu: of("cpu") };
}

/** Of all machines the largest differences. */
export function agreement({ machines }: SvmAnswer, others: SvmAnswer) {
  const worst = (apart: (at: number) => number): number =>
    Math.max(...machines.map((_, at) => Math.abs(apart(at))));
  const pair = (at: number, key: "rho" | "objective" | "support_vectors") =>
    [machines[at]?.[key] ?? Number.NaN, others.machines[at]?.[key] ?? Number.NaN] as const;
  const difference = (key: "rho" | "support_vectors") =>
    worst((at) => {
      const [own, other] = pair(at, key);
      return own - other;
    });
  return {
    vectors: machines.reduce((sum, { support_vectors }) => sum + support_vectors, 0),
    vectorsApart: difference("support_vectors"),
    rhoApart: difference("rho"),
    objectiveApart: worst((at) => {
      const [own, other] = pair(at, "objective");
      return own / other - 1;
    }),
  };
}

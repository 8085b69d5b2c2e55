import { randomInt } from "node:crypto";
import { ask, chatBody } from "../ask.ts";

const mathQuery = () =>
  `Solve the quadratic equation x^2 - ${randomInt(2, 999)}x + ${randomInt(2, 999)} = 0`;
const lawQuery = () =>
  `Is a contract of ${randomInt(1900, 2020)} valid under tort law without consideration, your honour?`;
const everydayQuery = () => `Hi! Can you recommend film number ${randomInt(2, 999)} for tonight?`;

/** What a client may send, in the shares that they are listed with. */
const kinds: readonly { readonly share: number; readonly body: () => string }[] = [
  { share: 40, body: () => chatBody(everydayQuery()) },
  { share: 25, body: () => chatBody(mathQuery()) },
  // Asked again and again: the cache has them.
  { share: 20, body: () => chatBody("What is the derivative of x^2?") },
  { share: 5, body: () => chatBody(lawQuery()) },
  { share: 5, body: () => chatBody(everydayQuery(), { model: "solver" }) },
  { share: 3, body: () => chatBody("") },
  { share: 2, body: () => "{ this is no JSON" },
];

/** One of each, so that every kind of metric has something to count. */
export const oneOfEach = (): readonly string[] => kinds.map(({ body }) => body());

const lots = kinds.flatMap(({ share, body }) => new Array<() => string>(share).fill(body));
const pick = () => lots[randomInt(lots.length)] ?? everydayQuery;

/** Requests one after the other on `callers` connections, until `until` (performance.now()); how many there were. */
export async function sendTraffic(url: string, callers: number, until: number): Promise<number> {
  let sent = 0;
  async function caller(): Promise<void> {
    while (performance.now() < until) {
      await ask(url, { body: pick()() });
      sent++;
    }
  }
  await Promise.all(Array.from({ length: callers }, caller));
  return sent;
}

import { distribution } from "./distribution.ts";
import type { RunStats } from "./embedder.ts";

/** In seconds: a built-in run takes 1 ms, one of Qwen3 up to seconds. */
const secondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const textsBounds = [1, 2, 4, 8, 16, 32, 64];
const tokensBounds = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

export interface GrowingRunStats {
  /** Times of performance.now(): since when each text waited, and when it went to a model. */
  waited(since: number, until: number): void;
  ran(texts: number, tokens: number, seconds: number): void;
  read(): RunStats;
}

export function runStats(): GrowingRunStats {
  const waitSeconds = distribution(secondsBounds);
  const texts = distribution(textsBounds);
  const tokens = distribution(tokensBounds);
  const seconds = distribution(secondsBounds);
  return {
    waited: (since, until) => waitSeconds.add((until - since) / 1000),
    ran(textsRead, tokensRead, took) {
      texts.add(textsRead);
      tokens.add(tokensRead);
      seconds.add(took);
    },
    read: () => ({
      waitSeconds: waitSeconds.read(),
      texts: texts.read(),
      tokens: tokens.read(),
      seconds: seconds.read(),
    }),
  };
}

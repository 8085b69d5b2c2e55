import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Behaviour, Fault } from "./behaviour.ts";
import type { FaultConfig, MockConfig, ModelConfig } from "./config.ts";
import type { KnownQuestion } from "./questions.ts";
import { draw, greeting, rightAnswer, wrongAnswer } from "./skill.ts";

/** The models of a configuration, in its order. */
export const behavioursOf = (
  { models, defaults }: MockConfig,
  find: (prompt: string) => KnownQuestion,
): Behaviour[] => models.map((one) => behaviourOf({ ...defaults, ...one }, find));

/**
 * Whether an answer is right, and how long it takes, is drawn from the model and the question; whether a request fails
 * from the model and the request's number. So the same requests in the same order always have the same outcome.
 */
function behaviourOf(config: ModelConfig, find: (prompt: string) => KnownQuestion): Behaviour {
  const { name: model, usage, latency_ms, latency_spread = 0, chunk_ms = 0 } = config;

  function latencyOf(prompt: string): number | undefined {
    if (latency_ms === undefined) return undefined;
    const spread = latency_spread * (2 * draw(`latency\0${model}\0${prompt}`) - 1);
    return Math.round(latency_ms * (1 + spread));
  }

  let requests = 0;
  return {
    model,
    answer: (prompt) => ({
      text: config.answer ?? textOf(config, find(prompt)),
      latencyMs: latencyOf(prompt),
      usage: usage && {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
      },
    }),
    nextFault() {
      const at = requests++;
      const found = config.faults?.findIndex((one, which) => comes(one, at, `${model}\0${which}`));
      const fault = config.faults?.[found ?? -1];
      return fault && asFault(fault);
    },
    beforeAnswer: async ({ latencyMs = 0 }: Answer) => {
      if (latencyMs > 0) await sleep(latencyMs);
    },
    ...(chunk_ms > 0 && { beforeChunk: () => sleep(chunk_ms) }),
    echo: config.echo ?? false,
  };
}

/** A model without a quality has no opinion: it answers with its name. */
function textOf({ name, quality, otherwise }: ModelConfig, question: KnownQuestion): string {
  if (!quality && otherwise === undefined) return greeting(name);
  const chance = quality?.[question.domain ?? ""] ?? otherwise ?? 1;
  const right = draw(`${name}\0${question.query}`) < chance;
  return right ? (question.truth ?? rightAnswer) : wrongAnswer;
}

function comes({ rate, first }: FaultConfig, at: number, name: string): boolean {
  if (first !== undefined) return at < first;
  return draw(`fault\0${name}\0${at}`) < (rate ?? 0);
}

const asFault = (fault: FaultConfig): Fault =>
  "status" in fault
    ? { kind: "status", status: fault.status, retryAfterS: fault.retry_after_s }
    : { kind: "drop", afterChunks: fault.drop_after_chunks };

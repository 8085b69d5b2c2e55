import { RouterError } from "../errors.ts";
import type { ModelPool } from "./model-pool.ts";

export const overloaded = (ahead: number, added: number, maxWaiting: number): RouterError =>
  new RouterError(
    "embedder_overloaded",
    `${ahead} texts already wait for the embedder; ${added} more would exceed ${maxWaiting}`,
    "Add replicas, or raise limits.max_waiting_texts and accept the latency",
  );

export const noneAlive = ({ models }: ModelPool): RouterError =>
  new RouterError(
    "embedder_failed",
    `none of the embedder's ${models.length} workers can be asked at the moment`,
    "They are tried again by themselves; the log says what ended each",
    { cause: models.map((model) => model.fault?.()).find((fault) => fault !== undefined) },
  );

export const tooLate = (): RouterError =>
  new RouterError(
    "deadline_exceeded",
    "The text's deadline passed while it waited for the embedder",
    "Add replicas or CPU, or raise limits.deadline_ms together with Envoy's message_timeout",
  );

export const unreadable = (reason: string): RouterError =>
  new RouterError(
    "embedder_failed",
    `the model could not read a text: ${reason}`,
    "Check that the model and its tokenizer.json belong together",
  );

export const isDeadline = (reason: unknown): boolean =>
  reason instanceof RouterError && reason.code === "deadline_exceeded";

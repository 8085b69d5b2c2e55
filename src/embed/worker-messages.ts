import type { ErrorCode } from "../errors.ts";
import type { Device } from "./device.ts";
import type { ModelFolder } from "./model-folder.ts";

/** What the worker is started with. */
export interface ThreadData {
  readonly folder: ModelFolder;
  readonly device: Device;
  /** Of native-gate.ts. */
  readonly gate: SharedArrayBuffer;
}

/** To the worker: texts to embed, once the texts before them are answered. */
export type Question = readonly string[];

/** The worker's first message: it can embed, or it cannot and ends. */
export type Opening =
  | ({ readonly kind: "ready" } & ModelFacts)
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly detail: string;
      readonly remedy: string;
    };

/** What is known of a model only once it is open. */
export interface ModelFacts {
  readonly revision: string;
  /** A text has the same vector alone and in a batch, so texts may share one. */
  readonly exactBatches: boolean;
}

/** The worker's answer to a question, each part in the order of its texts. */
export interface Answer {
  /** 1024 numbers a text. */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** Tokens that the model read, special tokens included. */
  readonly tokens: readonly number[];
  readonly truncated: readonly boolean[];
  /** Why a text has no vector; undefined for those that have. */
  readonly faults: readonly (string | undefined)[];
  readonly runMs: number;
}

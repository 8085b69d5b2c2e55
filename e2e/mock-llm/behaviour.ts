import type { Usage } from "./chat-completion.ts";

/** What a mock LLM received, to the byte. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What one model of a mock does with what it is asked. */
export interface Behaviour {
  readonly model: string;
  readonly answer: (query: string) => Answer;
  /** How the next request is to fail, if it is; asked once for each. */
  readonly nextFault?: () => Fault | undefined;
  /** Awaited before an answer begins. */
  readonly beforeAnswer?: (answer: Answer) => Promise<unknown>;
  /** Awaited before every chunk of a streamed answer but the first. */
  readonly beforeChunk?: () => Promise<unknown>;
  /** Puts what it received into the answer, as `received`. */
  readonly echo?: boolean;
}

export interface Answer {
  readonly text: string;
  /** Told in the header x-mock-latency-ms of a plain answer. */
  readonly latencyMs?: number | undefined;
  readonly usage?: Usage | undefined;
}

export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterS?: number | undefined }
  /** Breaks the connection: before a byte is sent, or after this many chunks (half of a plain answer). */
  | { readonly kind: "drop"; readonly afterChunks: number };

/** How often a model was asked, and what became of it. */
export interface Counts {
  requests: number;
  answered: number;
  failed: number;
  dropped: number;
}

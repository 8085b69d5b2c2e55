import type { StackOptions } from "../stack.ts";

/** What a profile's test needs to run; the same for every driver. */
export interface Profile {
  /** signalbox's configuration file, and the values of its `${NAME}`s. */
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** One mock LLM for each model. */
  readonly llms: StackOptions["llms"];
  /** Its backend gets what no route claims. */
  readonly defaultModel: string;
}

/** A way to put signalbox behind a proxy, on which a profile's test can run. */
export interface Driver {
  /** Run one after the other, never two at once: a gateway program may bind ports that it chooses itself. */
  readonly variants: readonly Variant[];
  /** After the last test of the run: gives back what the variants shared. */
  finish?(failed: boolean): Promise<void>;
  /** The commands of a run from nothing, as a shell script. */
  dryRun?(): string;
}

/** One way to deploy: with this gateway, that policy. */
export interface Variant {
  readonly name: string;
  /**
   * What a model's backend receives differs from what the client sent in the value of `model` alone, to the byte. A
   * gateway that rewrites bodies itself keeps the JSON at most.
   */
  readonly keepsBytes: boolean;
  /** Resolves when the first request can be routed. When one part fails to start, the others are ended again. */
  start(profile: Profile): Promise<Deployment>;
}

/** What runs. */
export interface Deployment {
  /** Of the listener: chat completions are at /v1/chat/completions below it. */
  readonly url: string;
  /** What the backends of all models received since the last `forget`, or their last few requests if it was more. */
  received(): Promise<readonly ReceivedBy[]>;
  forget(): Promise<void>;
  /** Ends everything that was started; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ReceivedBy {
  /** The model whose backend it is. */
  readonly model: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  };
}

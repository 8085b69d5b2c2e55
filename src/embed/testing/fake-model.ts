import type { LastingModel } from "../lasting-model.ts";
import type { Answer } from "../worker-messages.ts";

/** Texts that the fake model refuses start with this. */
export const unreadableText = "unreadable";

/** The vector that the fake model has for a text: its length, at the first place. */
export function fakeAnswer(texts: readonly string[]): Answer {
  const vectors = new Float32Array(texts.length * 1024);
  texts.forEach(({ length }, index) => {
    vectors[index * 1024] = length;
  });
  return {
    vectors,
    tokens: texts.map(({ length }) => length),
    truncated: texts.map(() => false),
    faults: texts.map((text) => (text.startsWith(unreadableText) ? "no such token" : undefined)),
    runMs: 1,
  };
}

/** A model that answers when its test says so, in order, and remembers what it was asked. */
export function fakeModel(options: { readonly exactBatches?: boolean } = {}) {
  const asked: (readonly string[])[] = [];
  const pending: { answer(): void; fail(fault: Error): void }[] = [];
  const model: LastingModel = {
    revision: "0123456789ab",
    exactBatches: options.exactBatches ?? true,
    run(texts) {
      asked.push(texts);
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      pending.push({ answer: () => resolve(fakeAnswer(texts)), fail: reject });
      return promise;
    },
    close: async () => undefined,
  };
  /** Lets everything that was settled be noticed. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    model,
    asked,
    /** Answers the run that the model is in. */
    async answer() {
      pending.shift()?.answer();
      await turn();
    },
    async fail(fault: Error) {
      pending.shift()?.fail(fault);
      await turn();
    },
  };
}

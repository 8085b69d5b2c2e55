import type { Behaviour, Received } from "./behaviour.ts";
import { startMockServer } from "./server.ts";
import { greeting, type Skill, solve } from "./skill.ts";

export interface MockLlm {
  readonly model: string;
  readonly port: number;
  /** The last requests, oldest first. */
  received(): readonly Received[];
  forget(): void;
  close(): Promise<void>;
}

export interface MockLlmOptions {
  readonly model: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** Without it every answer is the model's name. */
  readonly skill?: Skill;
  /** Awaited before an answer begins. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Awaited before every chunk of a streamed answer but the first. */
  readonly beforeChunk?: () => Promise<void>;
}

/** A mock LLM of one model in this process; it answers in its own name, whatever model is asked for. */
export async function startMockLlm(options: MockLlmOptions): Promise<MockLlm> {
  const { model, skill, port = 0 } = options;
  const behaviour: Behaviour = {
    ...options,
    answer(query) {
      if (!skill) return { text: greeting(model) };
      const { answer, latencyMs } = solve(skill, model, query);
      return { text: answer, latencyMs };
    },
  };
  const server = await startMockServer({ behaviours: [behaviour], unknownModel: model, port });
  return { ...server, model, close: () => server.drain(0) };
}

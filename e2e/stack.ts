import { type MockLlm, type MockLlmOptions, startMockLlm } from "./mock-llm/start-mock-llm.ts";
import { type Envoy, type StartEnvoy, startEnvoy } from "./start-envoy.ts";
import { type Signalbox, type StartSignalbox, startSignalbox } from "./start-signalbox.ts";

export interface StackOptions {
  readonly signalbox: StartSignalbox;
  /** One mock LLM for each, in the order that the configuration names them. */
  readonly llms: readonly MockLlmOptions[];
  /** Its backend gets what no route claims. */
  readonly defaultModel: string;
  readonly envoy?: Omit<StartEnvoy, "backends" | "defaultBackend" | "extProcPort">;
}

/** Envoy in front of signalbox, a mock LLM behind for each model. */
export interface Stack {
  readonly envoy: Envoy;
  readonly signalbox: Signalbox;
  readonly llms: ReadonlyMap<string, MockLlm>;
  /** Ends everything that was started; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Resolves when the first request can be routed. When one part fails to start, the others are ended again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const llms = new Map<string, MockLlm>();
    for (const llm of options.llms) {
      const started = await startMockLlm(llm);
      ends.push(started.close);
      llms.set(llm.model, started);
    }
    const signalbox = await startSignalbox(options.signalbox);
    ends.push(() => signalbox.child.stop());
    const envoy = await startEnvoy({
      ...options.envoy,
      extProcPort: signalbox.grpcPort,
      backends: portsOf(llms),
      defaultBackend: options.defaultModel,
    });
    // Envoy goes first: what it still asks is answered.
    ends.push(() => envoy.child.stop());
    return { envoy, signalbox, llms, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Port of each model's backend, as Envoy's configuration wants them. */
export const portsOf = (llms: ReadonlyMap<string, MockLlm>): Readonly<Record<string, number>> =>
  Object.fromEntries([...llms].map(([model, { port }]) => [model, port]));

import { join } from "node:path";
import { type MockLlm, startMockLlm } from "../mock-llm/start-mock-llm.ts";
import { portsOf } from "../stack.ts";
import { type Envoy, type StartEnvoy, startEnvoy } from "../start-envoy.ts";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";

/** A signalbox and its two backends, to put one Envoy after another in front of. */
export interface Wire {
  readonly signalbox: Signalbox;
  /** Gets queries of mathematics. */
  readonly solver: MockLlm;
  /** The default model. */
  readonly everyday: MockLlm;
  envoy(options?: Partial<StartEnvoy>): Promise<Envoy>;
  stop(): Promise<void>;
}

export interface WireHooks {
  readonly beforeAnswer?: () => Promise<void>;
  readonly beforeChunk?: () => Promise<void>;
}

export const mathQuery = "Solve the quadratic equation x^2 - 5x + 6 = 0";
export const everydayQuery = "Hi! Can you recommend a good film for tonight?";

/** Beyond wire.yaml's own deadline. */
const messageTimeoutMs = 6000;

export const startWire = async (hooks: WireHooks = {}): Promise<Wire> =>
  startWireBehind(await startSignalbox({ config: join(import.meta.dirname, "wire.yaml") }), hooks);

/** With a signalbox of wire.yaml that runs. */
export async function startWireBehind(signalbox: Signalbox, hooks: WireHooks = {}): Promise<Wire> {
  const solver = await startMockLlm({ model: "solver", ...hooks });
  const everyday = await startMockLlm({ model: "everyday", ...hooks });
  const backends = portsOf(new Map([solver, everyday].map((llm) => [llm.model, llm])));
  const envoys: Envoy[] = [];
  return {
    signalbox,
    solver,
    everyday,
    async envoy(options = {}) {
      const envoy = await startEnvoy({
        backends,
        defaultBackend: "everyday",
        extProcPort: signalbox.grpcPort,
        messageTimeoutMs,
        ...options,
      });
      envoys.push(envoy);
      return envoy;
    },
    async stop() {
      for (const { child } of envoys) await child.stop();
      await signalbox.child.stop();
      await solver.close();
      await everyday.close();
    },
  };
}

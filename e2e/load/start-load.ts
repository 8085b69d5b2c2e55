import { resolve } from "node:path";
import { configuredModels } from "../../src/config/configured-models.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Envoy, startEnvoy } from "../start-envoy.ts";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";
import { type LoadDriver, startLoadDriver } from "./driver.ts";

export interface LoadStack {
  readonly driver: LoadDriver;
  readonly signalbox: Signalbox;
  /** With signalbox first among its filters. */
  readonly routing: Envoy;
  /** The same Envoy without it. */
  readonly bare: Envoy;
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** A file of config/, or the path of another. */
  readonly config: string;
  /** Envoy's, for each message to signalbox. */
  readonly messageTimeoutMs?: number;
}

/** Two Envoys of one worker each, with signalbox and without, and a backend that costs next to nothing. */
export async function startLoad({ config: file, ...options }: LoadOptions): Promise<LoadStack> {
  const config = resolve(import.meta.dirname, "../../config", file);
  const { config: loaded } = loadConfig(config, process.env);
  const driver = await startLoadDriver();
  const signalbox = await startSignalbox({ config });
  const backends = Object.fromEntries(
    configuredModels(loaded).map((model) => [model, driver.backendPort]),
  );
  const common = { backends, defaultBackend: loaded.default_model };
  const routing = await startEnvoy({
    ...common,
    ...options,
    extProcPort: signalbox.grpcPort,
  });
  const bare = await startEnvoy(common);
  return {
    driver,
    signalbox,
    routing,
    bare,
    async stop() {
      for (const { child } of [bare, routing, signalbox]) await child.stop();
      await driver.close();
    },
  };
}

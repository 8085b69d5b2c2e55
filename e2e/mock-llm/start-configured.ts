import type { LoadedMock } from "./config.ts";
import { behavioursOf } from "./configured-behaviour.ts";
import { questionFinder, readQuestions } from "./questions.ts";
import { type MockServer, startMockServer } from "./server.ts";

export interface ConfiguredMock {
  /** The port of all models, if there is one. */
  readonly port: number | undefined;
  /** The ports of the models that have their own. */
  readonly modelPorts: Readonly<Record<string, number>>;
  drain(): Promise<void>;
}

/**
 * Starts what a configuration describes: one server for all its models when it has a `port`, and one for each model that
 * has its own. A model counts its requests over both. When one port is taken, the others are closed again.
 */
export async function startConfigured({
  config,
  questionsPath,
}: LoadedMock): Promise<ConfiguredMock> {
  const questions = questionsPath === undefined ? [] : readQuestions(questionsPath);
  const behaviours = behavioursOf(config, questionFinder(questions, config.domains));
  const { host, keep_requests: keepRequests, drain_ms } = config;
  const started: MockServer[] = [];
  const drain = async (graceMs: number): Promise<void> => {
    await Promise.all(started.map((server) => server.drain(graceMs)));
  };
  const start = async (...[options]: Parameters<typeof startMockServer>): Promise<number> => {
    const server = await startMockServer({ ...options, host, keepRequests });
    started.push(server);
    return server.port;
  };
  try {
    const port =
      config.port === undefined
        ? undefined
        : await start({ behaviours, unknownModel: config.unknown_model, port: config.port });
    const modelPorts: Record<string, number> = {};
    for (const [at, behaviour] of behaviours.entries()) {
      const own = config.models[at]?.port;
      if (own === undefined) continue;
      const { model } = behaviour;
      modelPorts[model] = await start({ behaviours: [behaviour], unknownModel: model, port: own });
    }
    return { port, modelPorts, drain: () => drain(drain_ms) };
  } catch (error) {
    await drain(0);
    throw error;
  }
}

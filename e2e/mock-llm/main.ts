import { get } from "node:http";
import { parseArgs } from "node:util";
import { RouterError } from "../../src/errors.ts";
import { type LoadedMock, loadMockConfig } from "./config.ts";
import { startConfigured } from "./start-configured.ts";

const usage = `node e2e/mock-llm/main.ts --config <file.yaml> [--host <address>] [--check | --health]

  --config   what to serve; e2e/mock-llm/README.md lists the fields
  --host     address to listen on, instead of the file's
  --check    say whether the file is right, and end
  --health   ask a mock that runs with this file whether it is well, and end

Exit: 0 done, 1 not well (--health), 2 could not run.
`;

try {
  process.exitCode = await main();
} catch (error) {
  const text = error instanceof RouterError ? error.message : (error as Error).stack;
  process.stderr.write(`mock-llm: ${text}\n`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { config: path, host, check, health, help } = readOptions();
  if (help) process.stdout.write(usage);
  if (help) return 0;
  if (path === undefined) {
    throw new RouterError("config_not_found", "no --config is given", usage);
  }
  const loaded = loadMockConfig(path);
  if (check) return 0;
  if (health) return (await isWell(loaded)) ? 0 : 1;
  await serve(host === undefined ? loaded : { ...loaded, config: { ...loaded.config, host } });
  return 0;
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        config: { type: "string" },
        host: { type: "string" },
        check: { type: "boolean" },
        health: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new RouterError("config_invalid", (error as Error).message, usage);
  }
}

/** Tells its ports in one line of JSON, and runs until a signal. */
async function serve(loaded: LoadedMock): Promise<void> {
  const stopped = Promise.withResolvers<NodeJS.Signals>();
  // Before the ports: as process 1 of a container, a signal that nobody handles is lost.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stopped.resolve);
  const mock = await startConfigured(loaded);
  tell({ event: "listening", port: mock.port, model_ports: mock.modelPorts });
  const signal = await stopped.promise;
  tell({ event: "draining", signal });
  await mock.drain();
  tell({ event: "stopped" });
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function isWell({ config }: LoadedMock): Promise<boolean> {
  const port = config.port ?? config.models[0]?.port;
  return new Promise((resolve) => {
    get(`http://127.0.0.1:${port}/healthz`, { timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    })
      .on("timeout", () => resolve(false))
      .on("error", () => resolve(false));
  });
}

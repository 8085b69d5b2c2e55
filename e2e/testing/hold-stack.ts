import { join } from "node:path";
import { startStack } from "../stack.ts";

/** Starts a stack, prints the ids of its processes and waits to be killed. */
const config = process.argv[2] ?? join(import.meta.dirname, "../wire/wire.yaml");

const stack = await startStack({
  signalbox: { config },
  llms: [{ model: "solver" }, { model: "everyday" }],
  defaultModel: "everyday",
});
process.stdout.write(`${JSON.stringify([stack.envoy.child.pid, stack.signalbox.child.pid])}\n`);

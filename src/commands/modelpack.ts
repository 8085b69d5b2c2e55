import type { Command } from "commander";
import { registerPredict } from "./modelpack-predict.ts";
import { registerPrepare } from "./modelpack-prepare.ts";
import { registerTrain } from "./modelpack-train.ts";

export function register(program: Command): void {
  const pack = program
    .command("modelpack")
    .description("Prepare data for small text classifiers, train them and ask them");
  registerPrepare(pack);
  registerTrain(pack);
  registerPredict(pack);
}

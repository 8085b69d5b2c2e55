import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcess } from "../measure/peer.ts";
import type { KmeansAnswer, SvmAnswer, SvmSetting } from "./own.ts";
import type { Problem } from "./problems.ts";

const root = join(import.meta.dirname, "../..");
const peer = join(root, "bench/peers/sklearn");
const environment = join(root, ".cache/bench-sklearn");

/** scikit-learn in a process of its own, on one thread. */
export interface Sklearn {
  load(problem: Problem): Promise<void>;
  svm(setting: SvmSetting & { readonly shrinking?: boolean }): Promise<SvmAnswer>;
  kmeans(setting: object): Promise<KmeansAnswer>;
  stop(): Promise<void>;
}

/** scikit-learn's Python. Installed first where it is not; needs Python and its package index. */
export function sklearnPython(): string {
  const python = join(environment, "bin/python");
  if (!existsSync(join(environment, ".made"))) {
    const inherit = { stdio: "inherit" as const };
    execFileSync("python3", ["-m", "venv", environment], inherit);
    const wanted = join(peer, "requirements.txt");
    execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", wanted], inherit);
    writeFileSync(join(environment, ".made"), "");
  }
  return python;
}

export function startSklearn(): Sklearn {
  const python = sklearnPython();
  const one = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  const process = startProcess(python, [join(peer, "peer.py")], one);
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
  const ask = async (request: object): Promise<unknown> => process.ask(JSON.stringify(request));
  return {
    async load(problem) {
      const labels = problem.labels.map((of) => [...of]);
      for (const part of ["rows", "unit"] as const) {
        writeFileSync(join(folder, part), problem[part]);
      }
      await ask({
        load: join(folder, "rows"),
        unit: join(folder, "unit"),
        dimension: problem.dimension,
        labels,
      });
    },
    async svm(setting) {
      return (await ask({ svm: setting })) as SvmAnswer;
    },
    async kmeans(setting) {
      return (await ask({ kmeans: setting })) as KmeansAnswer;
    },
    async stop() {
      await process.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

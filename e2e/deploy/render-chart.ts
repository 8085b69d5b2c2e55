import { join } from "node:path";
import { type Output, root, run } from "./programs.ts";

export const chart: string = join(root, "deploy/helm/signalbox");

/** Helm's own idea of the cluster's version, which it takes from how it was built, may be old. */
const kubeVersion = "1.35.0";

export interface Rendering {
  /** Paths; of two, the later one wins. */
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  /** In the place of the value `config`. */
  readonly config?: unknown;
  readonly namespace?: string;
}

export const renderChart = (
  helm: string,
  { values = [], set = [], config, namespace = "default" }: Rendering = {},
): Output =>
  run(helm, [
    ...["template", "signalbox", chart, "--namespace", namespace, "--kube-version", kubeVersion],
    ...values.flatMap((one) => ["--values", one]),
    ...set.flatMap((one) => ["--set", one]),
    ...(config === undefined ? [] : ["--set-json", `config=${JSON.stringify(config)}`]),
  ]);

// node scripts/prometheus-rule.ts: writes deploy/observability/prometheusrule.yaml, for the Prometheus Operator, from the
// rules that a Prometheus without one reads.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../src/files/write-atomic.ts";

const folder = join(import.meta.dirname, "../deploy/observability");

const head = `# Made from signalbox.rules.yaml by scripts/prometheus-rule.ts: change that file.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: signalbox
  labels:
    app.kubernetes.io/name: signalbox
spec:
`;

/** The same groups, indented: what is written by hand stays as it was written. */
export function prometheusRule(): string {
  const rules = readFileSync(join(folder, "signalbox.rules.yaml"), "utf8");
  const groups = rules.slice(rules.indexOf("groups:")).trimEnd().split("\n");
  return `${head}${groups.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}\n`;
}

if (import.meta.main) {
  await writeAtomic(join(folder, "prometheusrule.yaml"), prometheusRule());
}

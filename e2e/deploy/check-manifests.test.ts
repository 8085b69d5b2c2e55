import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Finding, judge, problemsOf } from "./judge.ts";
import {
  type CrdCheck,
  findCrdCheck,
  findHelm,
  findKustomize,
  outputOf,
  root,
} from "./programs.ts";
import { renderChart } from "./render-chart.ts";

const crdCheck = findCrdCheck();
const helm = findHelm();
const kustomize = findKustomize();

/** Those that are applied; a Component is a part of one of them. */
const applied = globSync("{deploy,gateway-resources,e2e/drivers}/**/kustomization.yaml", {
  cwd: root,
})
  .filter((file) => /^kind: Kustomization$/m.test(readFileSync(join(root, file), "utf8")))
  .map((file) => dirname(file))
  .sort();
const values = [
  "",
  ...globSync(["e2e/deploy/values/*.yaml", "e2e/drivers/kind/values.yaml"], { cwd: root }).sort(),
];

const policy = (timeout: string, field: string) => `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata: { name: signalbox }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: llm }]
  extProc:
    - backendRefs: [{ name: signalbox, port: 50051 }]
      messageTimeout: ${timeout}
      ${field}: true`;
const route = (rules: string) => `
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: { name: llm }
spec:
  parentRefs: [{ name: llm, kind: Gateway, group: gateway.networking.k8s.io }]
  rules: ${rules}`;
const deployment = (part: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: signalbox }
spec: { ${part} }`;

const several = `# a comment\n---\n${policy("2s", "failOpne")}\n---\n\n---${policy("2s", "failOpen")}\n`;
const cases = [
  { case: "several documents", yaml: several, says: "failOpne" },
  { case: "a policy", yaml: policy("2s", "failOpen"), says: undefined },
  { case: "a misspelt field", yaml: policy("2s", "failOpne"), says: "spec.extProc[0].failOpne" },
  {
    case: "a bad duration",
    yaml: policy("2 s", "failOpen"),
    says: "spec.extProc[0].messageTimeout",
  },
  {
    case: "what only a CEL rule forbids",
    yaml: `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: { name: signalbox }
spec: { endpoints: [{ ip: { address: 10.0.0.1, port: 1 }, unix: { path: /run/x } }] }`,
    says: "only one of fqdn, ip or unix",
  },
  {
    case: "more rules than a route takes",
    yaml: route(`[${"{},".repeat(16)}]`),
    says: "spec.rules",
  },
  {
    case: "a field that another version has",
    yaml: deployment("replicas: 1, rollback: {}"),
    says: 'unknown field "spec.rollback"',
  },
  { case: "a number as a text", yaml: deployment('replicas: "2"'), says: "replicas" },
  { case: "a key twice", yaml: deployment("replicas: 1, replicas: 2"), says: "replicas" },
  {
    case: "a name of capitals",
    yaml: deployment("replicas: 1").replace("signalbox", "Signalbox"),
    says: "metadata.name",
  },
  {
    case: "a kind that no one knows",
    yaml: deployment("replicas: 1").replace("apps/v1", "apps/v3"),
    says: "no kind Deployment in version apps/v3",
  },
  {
    case: "a rule of the Prometheus operator without its expression",
    yaml: `
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: signalbox }
spec: { groups: [{ name: a, rules: [{ alert: A }] }] }`,
    says: "expr",
  },
];

let findings: ReadonlyMap<string, readonly Finding[]>;
const problems = (name: string): string[] => problemsOf(findings.get(name) ?? []);

describe.skipIf(crdCheck === undefined)("what an API server would say", () => {
  beforeAll(() => {
    const texts = new Map(cases.map((one) => [one.case, one.yaml]));
    for (const folder of kustomize ? applied : []) {
      const [program, ...args] = kustomize as [string, ...string[]];
      texts.set(folder, outputOf(program, [...args, join(root, folder)]));
    }
    for (const file of helm ? values : []) {
      const { stdout, stderr } = renderChart(
        helm as string,
        file ? { values: [join(root, file)] } : {},
      );
      expect(stderr).toBe("");
      texts.set(`chart ${file}`, stdout);
    }
    findings = judge(crdCheck as CrdCheck, texts);
  });

  test.skipIf(kustomize === undefined).each(applied)("to %s: nothing", (folder) => {
    expect(findings.get(folder)?.length).toBeGreaterThan(0);
    expect(problems(folder)).toEqual([]);
  });

  test.skipIf(helm === undefined).each(values)(
    "to the chart with the values '%s': nothing",
    (file) => {
      expect(findings.get(`chart ${file}`)?.length).toBeGreaterThan(0);
      expect(problems(`chart ${file}`)).toEqual([]);
    },
  );

  test.each(cases)("to $case", ({ case: name, says }) => {
    if (says === undefined) expect(problems(name)).toEqual([]);
    else expect(problems(name).join("\n")).toContain(says);
  });

  test("several documents are judged one by one, comments and empty ones not at all", () => {
    expect(findings.get("several documents")?.map((one) => one.problems.length)).toEqual([1, 0]);
  });
});

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { judge, problemsOf } from "../../deploy/judge.ts";
import { manifestsOf, theOnly } from "../../deploy/manifests.ts";
import {
  type CrdCheck,
  findCrdCheck,
  findHelm,
  findKustomize,
  outputOf,
  root,
  run,
} from "../../deploy/programs.ts";
import { renderChart } from "../../deploy/render-chart.ts";
import { parseMockConfig } from "../../mock-llm/config.ts";
import { dryRun } from "./cluster.ts";
import { filesOf, publishedPorts } from "./files.ts";
import { clusterPlan, commandLine, overlayPlan, overlays, type Step, workFolder } from "./plan.ts";
import { runPlan } from "./run-plan.ts";

const versions = { envoyGateway: "v1.9.1", aiGateway: "v1.0.0", prometheusImage: "v3.5.0" };
const newCluster = { versions, clusterIsThere: false, buildArguments: {} };
const models = ["llama-3.2-1b", "llama-3.2-3b", "codellama-7b", "mistral-7b"];
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const files = filesOf({
  config: read("config/profile.yaml"),
  models,
  modelsFolder: "/models",
  hostPorts: Object.fromEntries(publishedPorts(models.length).map((port) => [port, port + 1000])),
  rules: read("deploy/observability/signalbox.rules.yaml"),
});

// biome-ignore lint/suspicious/noExplicitAny: what a written file holds is the test's to say
const written = (name: keyof typeof files): any => files[name];
const lines = (steps: readonly Step[]): string[] => steps.map(commandLine);

test("a new cluster: made first, images before what needs them, gateways before their resources", () => {
  const order = lines(clusterPlan(newCluster)).map((line) => line.split(" ").slice(0, 4).join(" "));
  expect(order).toEqual([
    "kind create cluster --name",
    "docker build --target signalbox",
    "docker build --target mock-llm",
    "kind load docker-image signalbox:e2e",
    "helm upgrade --install eg",
    "helm upgrade --install aieg-crd",
    "helm upgrade --install aieg",
    "kubectl rollout status deployment/envoy-gateway",
    "kubectl rollout status deployment/ai-gateway-controller",
    "kubectl apply --server-side --force-conflicts",
    "kubectl set image -n",
    "helm upgrade --install signalbox",
    "kubectl rollout status deployment/signalbox",
    "kubectl rollout status deployment/mock-llm",
    "kubectl rollout status deployment/prometheus",
  ]);
});

test("a kept cluster is not made again, and its Pods get the new image and models", () => {
  const kept = lines(clusterPlan({ ...newCluster, clusterIsThere: true }));
  expect(kept.join("\n")).not.toContain("create cluster");
  expect(kept).toContain("kubectl rollout restart deployment signalbox mock-llm");
});

test("charts and Prometheus are pinned, and bases of the images can be given", () => {
  const all = lines(clusterPlan({ ...newCluster, buildArguments: { BASE: "local/node:24" } })).join(
    "\n",
  );
  expect(all).toMatch(/gateway-helm --version v1\.9\.1 /);
  expect(all).toMatch(/ai-gateway-helm --version v1\.0\.0 /);
  expect(all).toContain("prometheus=prom/prometheus:v3.5.0");
  expect(all).toContain("--tag signalbox:e2e --build-arg BASE=local/node:24 .");
});

test.each(overlays)("%s replaces the other one and waits for every status", (overlay) => {
  const steps = lines(overlayPlan(overlay));
  const applied = steps.findIndex((line) => line.startsWith("kubectl apply"));
  expect(steps.slice(0, applied).every((line) => line.startsWith("kubectl delete"))).toBe(true);
  expect(steps.slice(applied + 1).every((line) => line.startsWith("kubectl wait"))).toBe(true);
  expect(steps[applied]).toContain(`-k e2e/drivers/kind/resources/${overlay}`);
});

test("every file that a command names is in the checkout or written before", () => {
  const named = [clusterPlan(newCluster), ...overlays.map(overlayPlan)]
    .flat()
    .flatMap(({ args }) =>
      args.filter((_, at) => ["-f", "-k", "--values", "--config"].includes(args[at - 1] ?? "")),
    );
  expect(named.length).toBeGreaterThan(8);
  for (const path of named) {
    const name = path.slice(workFolder.length + 1);
    expect(
      path.startsWith(workFolder) ? Object.hasOwn(files, name) : existsSync(join(root, path)),
      path,
    ).toBe(true);
  }
});

test("the dry run is a shell script", () => {
  expect(run("sh", ["-n"], dryRun()).status).toBe(0);
  expect(dryRun()).toMatch(/^export KUBECONFIG=/);
});

test("each model's route leads to a port of its own, which is published", () => {
  const [, , service] = written("mock-llm.json").items;
  const mock = parseMockConfig(written("mock-llm.json").items[0].data["config.yaml"], "mock-llm");
  const ports = Object.fromEntries(
    mock.models.map(({ name, port }) => [name.replaceAll(".", "-"), port]),
  );
  const patches = read("e2e/drivers/kind/resources/node-ports/kustomization.yaml");
  for (const [name, port] of Object.entries(ports)) {
    expect(patches).toMatch(new RegExp(`name: ${name} }\\n.*\\n.*fqdn/port, value: ${port} }`));
  }
  const [{ extraPortMappings }] = written("cluster.json").nodes;
  const published = extraPortMappings.map((one: { containerPort: number }) => one.containerPort);
  const nodePorts = service.spec.ports.map((one: { nodePort: number }) => one.nodePort);
  expect(published).toEqual(expect.arrayContaining([...nodePorts, 30080, 30090]));
  expect(patches).toContain("nodePort: 30080");
});

test("Prometheus scrapes as deploy/observability says, every Pod of its own", () => {
  const { data } = written("prometheus.json");
  const [job] = JSON.parse(data["prometheus.yaml"]).scrape_configs;
  expect(job.job_name).toBe("signalbox");
  expect(data["signalbox.rules.yaml"]).toContain("alert:");
});

const helm = findHelm();
test.skipIf(helm === undefined)(
  "the chart takes the profile's configuration, and signalbox takes the chart's",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-kind-"));
    try {
      const config = join(folder, "config.json");
      writeFileSync(config, JSON.stringify(written("config.json")));
      const { stdout, stderr } = renderChart(helm as string, {
        values: [join(root, "e2e/drivers/kind/values.yaml"), config],
      });
      expect(stderr).toBe("");
      const text = theOnly(manifestsOf(stdout), "ConfigMap")["data"]["config.yaml"];
      const [container] = theOnly(manifestsOf(stdout), "Deployment")["spec"].template.spec
        .containers;
      const env = Object.fromEntries(
        container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      );
      const { config: parsed } = parseConfig(text, env, "profile");
      expect(parsed.decisions).toHaveLength(8);
      expect(parsed.model_selection.ml.models_path).toBe("/models");
      expect(container.image).toBe("signalbox:e2e");
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

const crdCheck = findCrdCheck();
test.skipIf(crdCheck === undefined)("an API server would take what is written", () => {
  const texts = new Map(
    [
      ...["mock-llm.json", "prometheus.json"].map(
        (name) => [name, written(name as never)] as const,
      ),
    ].flatMap(([name, value]) =>
      (value.items ?? [value]).map((item: object, at: number) => [
        `${name} ${at}`,
        JSON.stringify(item),
      ]),
    ),
  ) as Map<string, string>;
  for (const file of ["models.yaml", "prometheus.yaml"]) {
    texts.set(file, read(`e2e/drivers/kind/${file}`));
  }
  const findings = [...judge(crdCheck as CrdCheck, texts).values()].flat();
  expect(findings).toHaveLength(9);
  expect(problemsOf(findings)).toEqual([]);
});

const kustomize = findKustomize();
test.skipIf(kustomize === undefined).each(overlays)(
  "%s: Envoy gets its port of the node",
  (overlay) => {
    const [program, ...args] = kustomize as [string, ...string[]];
    const manifests = manifestsOf(
      outputOf(program, [...args, join(root, "e2e/drivers/kind/resources", overlay)]),
    );
    const proxy = theOnly(manifests, "EnvoyProxy");
    expect(proxy["spec"].provider.kubernetes.envoyService.type).toBe("NodePort");
    const hosts = manifests
      .filter(({ kind }) => kind === "Backend")
      .map((one) => one["spec"].endpoints[0].fqdn.port);
    expect(hosts.sort()).toEqual([8001, 8002, 8003, 8004]);
  },
);

describe("running a plan", () => {
  /** A program that fails so often before it does not. */
  async function runWith(failures: number, attempts: number): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-plan-"));
    const said: string[] = [];
    const program = join(folder, "program");
    writeFileSync(
      program,
      `#!/bin/sh\necho x >>"$KUBECONFIG"\n[ "$(wc -l <"$KUBECONFIG")" -gt ${failures} ] || { echo "no: $*" >&2; exit 3; }\n`,
    );
    chmodSync(program, 0o755);
    const step: Step = { name: "one", program: "kubectl", args: ["apply", "-f", "a b"], attempts };
    try {
      await runPlan([step, { ...step, name: "two" }], {
        programs: { kubectl: program },
        root: folder,
        env: { KUBECONFIG: join(folder, "calls") },
        pauseMs: 0,
        say: (line) => said.push(line.replace(/ \(.*/, "")),
      });
      return said;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("steps run in their order, and are tried again as often as they may", async () => {
    expect(await runWith(2, 3)).toEqual(["one", "two"]);
  });

  test("the first that fails ends it, and says how to repeat it and its last words", async () => {
    await expect(runWith(9, 2)).rejects.toThrow(
      "one failed: kubectl apply -f 'a b'\nno: apply -f a b",
    );
  });

  test("a program that is not there is said so", async () => {
    const step: Step = { name: "cluster", program: "kind", args: ["version"] };
    const runner = { programs: { kind: "/nowhere/kind" }, root, env: {}, say() {} };
    await expect(runPlan([step], runner)).rejects.toThrow("/nowhere/kind");
  });
});

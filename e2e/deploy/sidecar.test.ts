import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Child, startChild } from "../child.ts";
import { freePorts } from "../free-ports.ts";
import { runSignalbox } from "../run-signalbox.ts";
import { signalboxCommand } from "../start-signalbox.ts";
import { isOk, waitUntil } from "../wait.ts";
import { type Manifest, manifestsOf, theOnly } from "./manifests.ts";
import { findHelm, root } from "./programs.ts";
import { type Rendering, renderChart } from "./render-chart.ts";

const helm = findHelm();
const sidecar = ["mode=sidecar", "gateway.name=llm", "config.default_model=mine"];
const render = ({ set = [] }: Rendering) =>
  renderChart(helm as string, { set: [...sidecar, ...set] });

/** Of the EnvoyProxy: signalbox's, which comes last. */
function containerOf(envoyProxy: Manifest) {
  const { envoyDeployment } = envoyProxy["spec"].provider.kubernetes;
  return envoyDeployment.initContainers.at(-1);
}

describe.skipIf(helm === undefined)("the chart's sidecar", () => {
  test("publishes its metrics, and not the HTTP API", () => {
    const { stdout } = render({});
    const { ports } = theOnly(manifestsOf(stdout), "Service")["spec"];
    expect(ports).toMatchObject([{ name: "metrics", targetPort: "signalbox-stats" }]);
  });

  test("without metrics there is no port, and no Service", () => {
    const { stdout } = render({ set: ["sidecar.metrics=false"] });
    const manifests = manifestsOf(stdout);
    const container = containerOf(theOnly(manifests, "EnvoyProxy"));
    expect(container.args).toContain("--metrics-port=0");
    expect(container).not.toHaveProperty("ports");
    expect(manifests.map(({ kind }) => kind)).not.toContain("Service");
  });

  const there = "sidecar.envoyProxy.provider.kubernetes.";
  test.each([
    { set: "podLabels.team=llm", says: `${there}envoyDeployment.pod.labels` },
    { set: "podAnnotations.team=llm", says: `${there}envoyDeployment.pod.annotations` },
    { set: "nodeSelector.disk=ssd", says: `${there}envoyDeployment.pod.nodeSelector` },
    { set: "tolerations[0].key=llm", says: `${there}envoyDeployment.pod.tolerations` },
    { set: "affinity.podAffinity.x=1", says: `${there}envoyDeployment.pod.affinity` },
    { set: "priorityClassName=high", says: `${there}envoyDeployment.pod.priorityClassName` },
    {
      set: "topologySpreadConstraints[0].maxSkew=1",
      says: `${there}envoyDeployment.pod.topologySpreadConstraints`,
    },
    { set: "serviceAccount.name=llm", says: `${there}envoyServiceAccount` },
    { set: "autoscaling.queueWait.enabled=true", says: `${there}envoyHpa` },
    { set: "service.trafficDistribution=PreferClose", says: "service.trafficDistribution" },
    { set: "networkPolicy.metricsPeers[0].podSelector.x=y", says: "networkPolicy.metricsPeers" },
    { set: "networkPolicy.apiPeers[0].podSelector.x=y", says: "networkPolicy.apiPeers" },
    { set: "networkPolicy.egress[0].to[0].podSelector.x=y", says: "networkPolicy.egress" },
    { set: "sidecar.metrics=false,serviceMonitor.enabled=true", says: "sidecar.metrics" },
    { set: "gateway.name=", says: "mode sidecar needs gateway.name" },
  ])("refuses $set, and says where it goes", ({ set, says }) => {
    const { status, stderr } = render({ set: [set] });
    expect(status).not.toBe(0);
    expect(stderr).toContain(says);
  });
});

describe.runIf(process.platform === "linux")("deploy/kustomize's sidecar, run as it is", () => {
  const manifest = join(root, "deploy/kustomize/overlays/sidecar/envoy-proxy.yaml");
  const container = containerOf(load(readFileSync(manifest, "utf8")) as Manifest);
  const folder = mkdtempSync(join(tmpdir(), "signalbox-sidecar-"));
  const moved = (args: readonly string[]): string[] =>
    args.map((arg) => arg.replace("/run/signalbox", folder));
  const probe = (name: string): Promise<string> => {
    const [node, program, ...args] = container[name].exec.command;
    expect([node, program]).toEqual(["node", "/app/dist/cli.js"]);
    return runSignalbox(moved(args));
  };
  let child: Child;
  let api = 0;
  let metrics = 0;

  beforeAll(async () => {
    [api = 0, metrics = 0] = await freePorts(2);
    const ours: Readonly<Record<string, string>> = {
      "--config": join(root, "config/minimal.yaml"),
      "--api-port": `${api}`,
      "--metrics-port": `${metrics}`,
    };
    const args = moved(container.args).map((arg) => {
      const [flag = ""] = arg.split("=");
      return ours[flag] === undefined ? arg : `${flag}=${ours[flag]}`;
    });
    await expect(probe("startupProbe")).rejects.toMatchObject({ code: 1 });
    child = await startChild({ name: "signalbox", command: signalboxCommand, args });
    await waitUntil(() => isOk(`http://127.0.0.1:${api}/ready`), child);
  });
  afterAll(async () => {
    await child?.stop();
    rmSync(folder, { recursive: true });
  });

  test.each(["startupProbe", "readinessProbe", "livenessProbe"])("%s is answered", async (name) => {
    expect(await probe(name)).toBe("SERVING\n");
  });

  // Another address of this machine, which a listener on all addresses answers.
  test("the HTTP API is on the loopback address only, the metrics on all", async () => {
    expect(await isOk(`http://127.0.0.2:${metrics}/metrics`)).toBe(true);
    await expect(isOk(`http://127.0.0.2:${api}/health`)).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED" },
    });
  });
});

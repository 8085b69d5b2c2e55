import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifestsOf, theOnly } from "../deploy/manifests.ts";
import { findCrdCheck, findKustomize, outputOf } from "../deploy/programs.ts";
import { observabilityFolder, root } from "./start-prometheus.ts";

const kustomize = findKustomize();
const crdCheck = findCrdCheck();

describe.skipIf(kustomize === undefined)("kubectl apply -k deploy/observability", () => {
  const built = (folder: string): string =>
    kustomize ? outputOf(kustomize[0], [...kustomize.slice(1), folder]) : "";
  const text = built(observabilityFolder);
  const manifests = manifestsOf(text);

  test("the monitor finds the Service of deploy/kustomize and its port", () => {
    const { spec } = theOnly(manifests, "ServiceMonitor");
    const service = theOnly(manifestsOf(built(join(root, "deploy/kustomize/base"))), "Service");
    expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const ports = service["spec"].ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(spec.endpoints[0].port);
  });

  test("the dashboard comes as the file is, for Grafana's sidecar", () => {
    const { metadata, data } = theOnly(manifests, "ConfigMap");
    expect(metadata.name).toBe("signalbox-dashboard");
    expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    const file = readFileSync(
      join(observabilityFolder, "grafana/dashboards/signalbox.json"),
      "utf8",
    );
    expect(data["signalbox.json"]).toBe(file);
  });

  test.skipIf(crdCheck === undefined)(
    "the Prometheus Operator's own rules find nothing wrong",
    () => {
      const [program, ...args] = crdCheck as [string, ...string[]];
      const lines = outputOf(program, [...args, "-"], text)
        .trim()
        .split("\n");
      const judged = lines.map((line) => JSON.parse(line) as { kind: string; problems: unknown[] });
      expect(judged.filter(({ problems }) => problems.length > 0)).toEqual([]);
      expect(judged.map(({ kind }) => kind).join()).toMatch(/PrometheusRule.*ServiceMonitor/);
    },
  );
});

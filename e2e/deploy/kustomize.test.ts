import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { type Manifest, manifestsOf } from "./manifests.ts";
import { findHelm, findKustomize, outputOf, root } from "./programs.ts";
import { renderChart } from "./render-chart.ts";

const kustomize = findKustomize();
const helm = findHelm();

const built = (folder: string): Manifest[] => {
  const [program, ...args] = kustomize as [string, ...string[]];
  return manifestsOf(outputOf(program, [...args, join(root, "deploy/kustomize", folder)]));
};

/** Labels that only Helm has a use for, and the namespace that it writes into every object. */
function plain(manifest: Manifest, namespace: string): Manifest {
  const { labels = {}, namespace: own, ...metadata } = manifest.metadata;
  const { "helm.sh/chart": _, "app.kubernetes.io/managed-by": __, ...kept } = labels;
  const elsewhere = own === undefined || own === namespace ? {} : { namespace: own };
  const text = manifest["data"]?.["config.yaml"];
  const data = text === undefined ? {} : { data: { "config.yaml": load(text) } };
  return { ...manifest, ...data, metadata: { ...metadata, ...elsewhere, labels: kept } };
}

const byName = (manifests: readonly Manifest[]): Record<string, Manifest> =>
  Object.fromEntries(
    manifests.map((one) => [`${one.kind} ${one.metadata.name}`, plain(one, "default")]),
  );

const containersOf = (manifests: Record<string, Manifest>) =>
  (manifests["Deployment signalbox"] as Manifest)["spec"].template.spec.containers;

describe.skipIf(kustomize === undefined)("deploy/kustomize", () => {
  test.skipIf(helm === undefined).each([
    { folder: "base", set: [] },
    { folder: "overlays/sidecar", set: ["mode=sidecar", "gateway.name=signalbox"] },
  ])("$folder is what the chart renders", ({ folder, set }) => {
    const config = load(readFileSync(join(root, "config/minimal.yaml"), "utf8"));
    const { stdout, stderr } = renderChart(helm as string, { set, config });
    expect(stderr).toBe("");
    expect(byName(built(folder))).toEqual(byName(manifestsOf(stdout)));
  });

  test("the production overlay changes what it says, and nothing is lost", () => {
    const base = byName(built("base"));
    const production = Object.fromEntries(
      built("overlays/production").map((one) => [`${one.kind} ${one.metadata.name}`, one]),
    );
    expect(Object.keys(production).sort()).toEqual(Object.keys(base).sort());
    expect(Object.values(production).map(({ metadata }) => metadata.namespace)).toEqual(
      Object.values(production).map(() => "llm"),
    );
    const [container] = containersOf(production);
    const [before] = containersOf(base);
    expect(container).toEqual({
      ...before,
      image: "example.com/llm/signalbox:0.1.0",
      env: [
        { name: "REDIS_URL", valueFrom: { secretKeyRef: { key: "url", name: "signalbox-redis" } } },
      ],
    });
    const { ingress, egress } = production["NetworkPolicy signalbox"]?.["spec"] ?? {};
    expect(ingress).toEqual(base["NetworkPolicy signalbox"]?.["spec"].ingress);
    expect(egress).toContainEqual({ ports: [{ port: 6379 }] });
  });
});

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { withConfigSchema } from "../../scripts/chart-schema.ts";
import { parseConfig } from "../../src/config/load.ts";
import { type Manifest, manifestsOf, theOnly } from "./manifests.ts";
import { findHelm, outputOf, root } from "./programs.ts";
import { chart, type Rendering, renderChart } from "./render-chart.ts";

const here = import.meta.dirname;
const read = (...path: string[]): string => readFileSync(join(...path), "utf8");
const helm = findHelm();
const rendered = (how: Rendering = {}): string => {
  const { status, stdout, stderr } = renderChart(helm as string, how);
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

test("values.schema.json has the configuration's schema; else run scripts/generate-schema.ts", () => {
  const committed = read(chart, "values.schema.json");
  expect(committed).toBe(withConfigSchema(committed, read(root, "config/config.schema.json")));
});

test("the configuration that kustomize's users edit is config/minimal.yaml", () => {
  const minimal = load(read(root, "config/minimal.yaml"));
  expect(load(read(root, "deploy/kustomize/base/config.yaml"))).toEqual(minimal);
});

test("the chart has no decisions of its own, as Helm would add them to its user's", () => {
  const { config } = load(read(chart, "values.yaml")) as { config: unknown };
  expect(config).toEqual({ default_model: "your-model" });
});

test("the versions are the package's", () => {
  const { version } = JSON.parse(read(root, "package.json"));
  expect(load(read(chart, "Chart.yaml"))).toMatchObject({ version, appVersion: version });
});

describe.skipIf(helm === undefined)("rendered", () => {
  const cases = readdirSync(join(here, "values"));

  test.each(["defaults", ...cases])("lint: %s", (name) => {
    const values = name === "defaults" ? [] : ["--values", join(here, "values", name)];
    expect(outputOf(helm as string, ["lint", "--strict", chart, ...values])).toContain(
      "0 chart(s) failed",
    );
  });

  test.each(["defaults.yaml", ...cases])("golden: %s; vitest -u writes them anew", async (name) => {
    const values = name === "defaults.yaml" ? {} : { values: [join(here, "values", name)] };
    await expect(rendered(values)).toMatchFileSnapshot(join(here, "fixtures", name));
  });

  test.each(cases.filter((name) => name !== "own-configuration.yaml"))(
    "signalbox accepts the configuration of %s",
    (name) => {
      const manifests = manifestsOf(rendered({ values: [join(here, "values", name)] }));
      const text = theOnly(manifests, "ConfigMap")["data"]["config.yaml"];
      const env = { REDIS_URL: "redis://cache:6379" };
      expect(parseConfig(text, env, name).config.default_model).toBe("small-model");
    },
  );

  test.each([
    { case: "a misspelt value", set: ["gateway.nam=llm"], says: "'nam' not allowed" },
    {
      case: "a misspelt key of the configuration",
      set: ["config.default_modle=x"],
      says: "'default_modle' not allowed",
    },
    {
      case: "a duration without a unit",
      set: ["gateway.name=llm", "gateway.messageTimeout=500"],
      says: "/gateway/messageTimeout",
    },
    { case: "a digest that is none", set: ["image.digest=sha256:12"], says: "/image/digest" },
    { case: "a mode that is none", set: ["mode=daemonset"], says: "/mode" },
    {
      case: "a claim without its name",
      set: ["models.source=claim"],
      says: "models.claim.existing",
    },
    {
      case: "nothing to download",
      set: ["models.source=download"],
      says: "models.download.repoId",
    },
    {
      case: "selectors of no certain revision",
      set: ["models.source=download", "models.download.repoId=a/b"],
      says: "models.download.revision",
    },
    { case: "a sidecar of no Gateway", set: ["mode=sidecar"], says: "needs gateway.name" },
    {
      case: "requests for the placeholder",
      set: ["gateway.name=llm"],
      says: "config.default_model is missing",
    },
    {
      case: "decisions beside the placeholder",
      set: [
        "config.decisions[0].name=hard",
        "config.decisions[0].modelRefs[0].model=mine",
        "config.decisions[0].rules.operator=OR",
        "config.decisions[0].rules.conditions[0].type=domain",
        "config.decisions[0].rules.conditions[0].name=math",
      ],
      says: "config.default_model is missing",
    },
    {
      case: "full duplex that fails open",
      set: ["gateway.name=llm", "gateway.body=FullDuplexStreamed"],
      says: "failOpen: false",
    },
    {
      case: "more Pods at least than at most",
      set: ["autoscaling.minReplicas=11"],
      says: "minReplicas",
    },
    {
      case: "client certificates that Envoy Gateway does not show",
      set: ["gateway.name=llm", "tls.existingSecret=own", "tls.clientCa=true"],
      says: "EnvoyPatchPolicy",
    },
    {
      case: "client certificates without a server's",
      set: ["tls.clientCa=true"],
      says: "tls.existingSecret",
    },
  ])("refused: $case", ({ set, says }) => {
    const { status, stderr } = renderChart(helm as string, { set });
    expect(status).not.toBe(0);
    expect(stderr).toContain(says);
  });

  test("no Pod is restarted for another configuration, and none for another version of the chart", () => {
    const pods = [[], ["config.default_model=another"], ["image.tag=0.1.0"]].map(
      (set) => theOnly(manifestsOf(rendered({ set })), "Deployment")["spec"]["template"],
    );
    expect(pods[1]).toEqual(pods[0]);
    expect(JSON.stringify(pods[0])).not.toMatch(/checksum|subPath|helm.sh\/chart/);
  });

  test("the grace period covers the wait before the drain, and the drain of signalbox", () => {
    const { drain } = load(read(chart, "values.yaml")) as { drain: Record<string, number> };
    expect(drain["seconds"]).toBe(drainSeconds());
    const pod = theOnly(manifestsOf(rendered()), "Deployment")["spec"]["template"]["spec"];
    const [{ lifecycle }] = pod.containers;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
      lifecycle.preStop.sleep.seconds + drainSeconds(),
    );
  });

  test("the ServiceMonitor scrapes as deploy/observability's does", () => {
    const manifests = manifestsOf(rendered({ set: ["serviceMonitor.enabled=true"] }));
    const theirs = load(read(root, "deploy/observability/servicemonitor.yaml")) as Manifest;
    const { endpoints, selector } = theOnly(manifests, "ServiceMonitor")["spec"];
    expect(endpoints).toEqual(theirs["spec"].endpoints);
    expect(selector.matchLabels).toMatchObject(theirs["spec"].selector.matchLabels);
  });

  test("the policy is that of gateway-resources/", () => {
    const theirs = load(
      read(root, "gateway-resources/components/extension-policy/policy.yaml"),
    ) as Manifest;
    const ours = theOnly(
      manifestsOf(rendered({ set: ["gateway.name=signalbox", "config.default_model=mine"] })),
      "EnvoyExtensionPolicy",
    );
    const [{ backendRefs, ...extProc }] = theirs["spec"].extProc;
    expect(ours["spec"]).toMatchObject({ targetRefs: theirs["spec"].targetRefs });
    expect(ours["spec"].extProc).toEqual([
      {
        ...extProc,
        backendRefs: backendRefs.map(({ kind: _, ...ref }: object & { kind: string }) => ref),
      },
    ]);
  });

  test("a default model of one's own is all that is asked for", () => {
    const set = ["gateway.name=llm", "config.default_model=mine"];
    const text = theOnly(manifestsOf(rendered({ set })), "ConfigMap")["data"]["config.yaml"];
    expect(load(text)).toEqual({ default_model: "mine" });
  });

  test.each([
    ["podLabels", "app\\.kubernetes\\.io/name"],
    ["commonLabels", "app\\.kubernetes\\.io/instance"],
    ["commonLabels", "app\\.kubernetes\\.io/version"],
    ["commonLabels", "helm\\.sh/chart"],
    ["serviceMonitor.labels", "app\\.kubernetes\\.io/managed-by"],
  ])("refused: %s with the chart's own label %s", (value, label) => {
    const { status, stderr } = renderChart(helm as string, { set: [`${value}.${label}=x`] });
    expect(status).not.toBe(0);
    const pointer = [...value.split("."), label.replaceAll("\\", "").replace("/", "~1")].join("/");
    expect(stderr).toContain(`at '/${pointer}': false schema`);
  });

  test("a label in two values is rendered once, the narrower one", () => {
    const set = ["commonLabels.team=all", "podLabels.team=pods"];
    const monitor = ["serviceMonitor.enabled=true", "serviceMonitor.labels.team=monitor"];
    const manifests = manifestsOf(rendered({ set: [...set, ...monitor] }));
    const deployment = theOnly(manifests, "Deployment");
    expect(deployment.metadata.labels?.["team"]).toBe("all");
    expect(deployment["spec"].template.metadata.labels.team).toBe("pods");
    expect(theOnly(manifests, "ServiceMonitor").metadata.labels).toMatchObject({
      ...theOnly(manifests, "Service").metadata.labels,
      team: "monitor",
    });
  });

  test("a secret is referred to, never rendered", () => {
    const values = [join(here, "values/production.yaml")];
    expect(manifestsOf(rendered({ values })).map(({ kind }) => kind)).not.toContain("Secret");
  });
});

/** Of serve: after it the streams that are still open are cut. */
function drainSeconds(): number {
  const found = execFileSync("git", ["grep", "-hoE", "drainMs = [0-9_]+", "--", "src"], {
    cwd: root,
    encoding: "utf8",
  });
  const [, digits = ""] = /= ([\d_]+)/.exec(found) ?? [];
  return Number(digits.replaceAll("_", "")) / 1000;
}

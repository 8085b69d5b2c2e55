import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { valueAt } from "../../src/config/tree.ts";
import { envoyConfig } from "../envoy-config.ts";
import { loadMockConfig } from "../mock-llm/config.ts";
import { envoyBinary } from "../start-envoy.ts";
import { version as pinned } from "../versions.ts";

const root = join(import.meta.dirname, "../..");
const path = join(root, "deploy/compose.yaml");
const text = readFileSync(path, "utf8");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

interface Service {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}
const { services } = load(text) as { services: Readonly<Record<string, Service>> };

const compose = ["docker compose", "docker-compose"].find((command) => {
  const [program = "", ...args] = command.split(" ");
  return spawnSync(program, [...args, "version"]).status === 0;
});
if (!compose) {
  console.warn("signalbox: deploy/compose.yaml IS NOT READ BY DOCKER COMPOSE, which is not here");
}

test.runIf(compose)("Docker Compose accepts the file", () => {
  const [program = "", ...args] = compose?.split(" ") ?? [];
  const out = execFileSync(program, [...args, "-f", path, "config", "--services"], {
    encoding: "utf8",
  });
  expect(out.trim().split("\n").sort()).toEqual(Object.keys(services).sort());
});

test("every file that is mounted is there", () => {
  const sources = Object.values(services)
    .flatMap(({ volumes = [] }) => volumes.map((one) => one.split(":")[0] ?? ""))
    .filter((source) => source.startsWith("."));
  expect(sources.length).toBeGreaterThan(5);
  const missing = sources.filter((source) => !existsSync(resolve(dirname(path), source)));
  expect(missing).toEqual([]);
});

test("nothing is open to other machines, and what is ours runs as the image's tests run it", () => {
  for (const port of Object.values(services).flatMap(({ ports = [] }) => ports)) {
    expect(port).toMatch(/^127\.0\.0\.1:/);
  }
  for (const name of ["signalbox", "mock-llm"]) {
    expect(services[name]).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  }
});

test("the versions are those of this repository", () => {
  const defaults = (name: string) =>
    [...text.matchAll(/\$\{(\w+):-([^}]+)\}/g)]
      .filter((one) => one[1] === name)
      .map((one) => one[2]);
  expect(new Set(defaults("TAG"))).toEqual(new Set([version]));
  for (const name of ["ENVOY_VERSION", "PROMETHEUS_IMAGE_VERSION"] as const) {
    expect(new Set(defaults(name)), name).toEqual(new Set([pinned(name)]));
  }
});

test("the mock has the models that signalbox chooses from, and Envoy's route names one of them", () => {
  const { config } = loadConfig(join(root, "config/default.yaml"), {});
  const chosen = config.decisions.flatMap(({ modelRefs }) => modelRefs.map(({ model }) => model));
  const mock = loadMockConfig(join(root, "deploy/compose/mock-llm.yaml")).config;
  const served = new Set(mock.models.map(({ name }) => name));
  expect(served).toEqual(new Set([config.default_model, ...chosen]));
  expect(served).toContain(mock.unknown_model);
  const envoy = readFileSync(join(root, "deploy/compose/envoy.yaml"), "utf8");
  for (const [, model] of envoy.matchAll(/exact: (\S+) /g)) expect(served).toContain(model);
});

test("Envoy removes the headers of signalbox from requests early, as e2e/wire/failure.test.ts has it do", () => {
  const manager = ["static_resources", "listeners", 0, "filter_chains", 0, "filters", 0];
  const early = (config: unknown) =>
    valueAt(config, [...manager, "typed_config", "early_header_mutation_extensions"]);
  const shipped = load(readFileSync(join(root, "deploy/compose/envoy.yaml"), "utf8"));
  const options = { listenPort: 0, adminPort: 0, backends: {}, defaultBackend: "a" };
  expect(early(shipped)).toHaveLength(1);
  expect(early(shipped)).toEqual(early(envoyConfig({ ...options, removeForged: true })));
});

test("Envoy accepts its configuration", () => {
  const file = join(root, "deploy/compose/envoy.yaml");
  const { status, stderr } = spawnSync(envoyBinary(), ["--mode", "validate", "-c", file]);
  expect(status, String(stderr)).toBe(0);
});

import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

/** Who may import whom. A folder that is not listed fails the test: decide where it belongs. */
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  domains: [],
  tasks: ["domains"],
  files: ["errors"],
  math: [],
  config: ["errors", "domains", "tasks", "files"],
  parse: ["errors", "protocol"],
  hub: ["errors", "files"],
  embed: ["errors", "files", "hub", "math"],
  artifact: ["errors", "domains", "files", "math", "embed"],
  classify: ["errors", "domains", "files", "math", "config", "artifact"],
  decide: ["classify", "config"],
  select: ["errors", "domains", "files", "math", "artifact"],
  router: ["errors", "config", "embed", "classify", "modelpack", "select"],
  choose: ["errors", "config", "decide", "select", "router"],
  route: ["choose", "classify", "decide", "embed", "router"],
  "route-or-default": ["errors", "choose", "embed", "route", "router"],
  "open-router": [
    "errors",
    "files",
    "math",
    "config",
    "embed",
    "classify",
    "modelpack",
    "select",
    "artifact",
    "router",
  ],
  reload: [
    "errors",
    "files",
    "hub",
    "config",
    "embed",
    "artifact",
    "modelpack",
    "select",
    "open-router",
    "router",
    "tasks",
  ],
  "known-route": ["embed", "route", "router"],
  protocol: [],
  http2: [],
  grpc: ["http2"],
  mutate: ["errors", "route", "parse", "protocol"],
  observe: ["errors", "route", "embed", "config"],
  listen: [
    "explain",
    "files",
    "grpc",
    "http2",
    "known-route",
    "domains",
    "mutate",
    "protocol",
    "errors",
    "config",
    "parse",
    "embed",
    "modelpack",
    "classify",
    "select",
    "route",
    "route-or-default",
    "router",
    "observe",
  ],
  train: [
    "errors",
    "domains",
    "files",
    "math",
    "config",
    "parse",
    "embed",
    "classify",
    "select",
    "artifact",
    "route",
  ],
  modelpack: [
    "errors",
    "domains",
    "tasks",
    "files",
    "math",
    "config",
    "hub",
    "chat",
    "artifact",
    "train",
    "validate",
  ],
  publish: ["errors", "files", "artifact", "hub"],
  shard: ["errors"],
  merge: ["errors", "files", "shard", "label"],
  chat: ["hub"],
  benchmark: ["errors", "files", "hub", "chat", "config", "shard", "train"],
  label: ["errors", "domains", "files", "hub", "config", "embed", "classify", "shard", "train"],
  validate: [
    "errors",
    "domains",
    "files",
    "math",
    "embed",
    "classify",
    "select",
    "artifact",
    "train",
  ],
  doctor: ["errors", "files", "config"],
  explain: ["errors", "parse", "route", "route-or-default", "router"],
  library: ["errors", "modelpack", "select"],
  commands: ["*"],
  cli: ["commands", "errors"],
  testing: ["*"],
};

/** Packages with one owner: replacing one is a change in one folder. */
const owners: Record<string, readonly string[]> = {
  "@grpc/grpc-js": ["testing"],
  "@grpc/proto-loader": ["testing"],
  "@huggingface/tokenizers": ["embed"],
  ioredis: ["embed"],
  "onnxruntime-node": ["embed"],
  "js-yaml": ["config"],
  "lru-cache": ["embed"],
  commander: ["cli", "commands"],
  echarts: ["validate"],
  "@opentelemetry/api": ["observe"],
  "@opentelemetry/core": ["observe"],
  "@opentelemetry/exporter-trace-otlp-grpc": ["observe"],
  "@opentelemetry/exporter-trace-otlp-proto": ["observe"],
  "@opentelemetry/resources": ["observe"],
  "@opentelemetry/sdk-trace": ["observe"],
  "csv-parse": ["modelpack"],
  hyparquet: ["modelpack"],
  "hyparquet-compressors": ["modelpack"],
  "hyparquet-writer": ["modelpack"],
  "smol-toml": ["modelpack"],
  pino: ["observe"],
  "prom-client": ["observe"],
  zod: [
    "config",
    "artifact",
    "parse",
    "train",
    "listen",
    "classify",
    "embed",
    "hub",
    "benchmark",
    "publish",
    "modelpack",
  ],
};

const root = import.meta.dirname;
const files = globSync("**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
const stageOf = (file: string): string => file.split("/")[0]?.replace(/\.ts$/, "") ?? "";

/** import or export ... from "x", import "x", import("x"); a docstring's example is indented, so it is none. */
const statements =
  /^(?:import|export)\s[^;]*?\sfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

test.each(files)("%s imports only what it may", (file) => {
  const stage = stageOf(file);
  const allowed = mayImport[stage];
  expect(allowed, `src/${stage} is not in the table`).toBeDefined();
  const source = readFileSync(join(root, file), "utf8");
  for (const [, from, bare, lazy] of source.matchAll(statements)) {
    const name = from ?? bare ?? lazy ?? "";
    if (name.startsWith(".")) {
      const target = stageOf(relative(root, normalize(join(root, dirname(file), name))));
      const fits = target === stage || allowed?.includes(target) || allowed?.includes("*");
      expect(fits, `${stage} may not import ${target}`).toBeTruthy();
    } else if (!name.startsWith("node:")) {
      expect(builtinModules, `write node:${name}`).not.toContain(name);
      const known = Object.keys(owners).find(
        (owner) => name === owner || name.startsWith(`${owner}/`),
      );
      expect(known, `${name} has no owner in the table`).toBeDefined();
      expect(owners[known ?? ""], `${name} belongs elsewhere`).toContain(stage);
    }
  }
});

/** Of every folder, those that its files import. */
function importsOfStages(): ReadonlyMap<string, ReadonlySet<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of files) {
    const own = imports.get(stageOf(file)) ?? new Set();
    for (const [, from, bare, lazy] of readFileSync(join(root, file), "utf8").matchAll(
      statements,
    )) {
      const name = from ?? bare ?? lazy ?? "";
      if (name.startsWith(".")) own.add(stageOf(normalize(join(dirname(file), name))));
    }
    own.delete(stageOf(file));
    imports.set(stageOf(file), own);
  }
  return imports;
}

test("no folder needs itself by way of others", () => {
  const imports = importsOfStages();
  const free = new Set<string>();
  function follow(stage: string, way: readonly string[]): void {
    expect(way, `${[...way, stage].join(" -> ")} is a circle`).not.toContain(stage);
    if (free.has(stage)) return;
    for (const next of imports.get(stage) ?? []) follow(next, [...way, stage]);
    free.add(stage);
  }
  for (const stage of imports.keys()) follow(stage, []);
  expect(free.size).toBe(imports.size);
});

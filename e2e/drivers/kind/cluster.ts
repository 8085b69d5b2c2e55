import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../free-ports.ts";
import { version } from "../../versions.ts";
import type { Profile } from "../driver.ts";
import { filesOf, publishedPorts } from "./files.ts";
import {
  clusterName,
  clusterPlan,
  commandLine,
  deleteCluster,
  logsPlan,
  overlayPlan,
  overlays,
  type PlanOptions,
  workFolder,
} from "./plan.ts";
import { outputOf, type Runner, runPlan, runStep } from "./run-plan.ts";

const root = join(import.meta.dirname, "../../..");
const work = join(root, workFolder);
/** Not the one of whoever runs this: their clusters are theirs. */
const kubeconfig = join(work, "kubeconfig");
const portsFile = join(work, "ports.json");

export interface Cluster {
  /** Ports of the loopback, by the node's. */
  readonly ports: Readonly<Record<number, number>>;
  readonly runner: Runner;
}

const say = (line: string): void => void process.stderr.write(`kind: ${line}\n`);

const fetched = (script: string): string =>
  execFileSync(join(root, "scripts", script), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();

const newRunner = (): Runner => ({
  programs: { kind: fetched("get-kind.sh"), helm: fetched("get-helm.sh") },
  root,
  env: { KUBECONFIG: kubeconfig },
  say,
});

/** The cluster with everything but the Gateway; the one that an earlier run kept, or a new one. */
export async function openCluster(profile: Profile): Promise<Cluster> {
  const runner = newRunner();
  mkdirSync(work, { recursive: true });
  const clusterIsThere = isThere(runner);
  const ports = await writeFiles(profile, clusterIsThere);
  await runPlan(clusterPlan(planOptions(clusterIsThere)), runner);
  return { ports, runner };
}

const planOptions = (clusterIsThere: boolean): PlanOptions => ({
  versions: {
    envoyGateway: version("ENVOY_GATEWAY_VERSION"),
    aiGateway: version("AI_GATEWAY_VERSION"),
    prometheusImage: version("PROMETHEUS_IMAGE_VERSION"),
  },
  clusterIsThere,
  buildArguments: Object.fromEntries(
    ["BASE", "BUILD"].flatMap((name) => {
      const value = process.env[`E2E_IMAGE_${name}`];
      return value === undefined ? [] : [[name, value]];
    }),
  ),
});

function isThere({ programs }: Runner): boolean {
  const { stdout } = spawnSync(programs["kind"] ?? "kind", ["get", "clusters"], {
    encoding: "utf8",
  });
  return (stdout ?? "").split("\n").includes(clusterName);
}

/** Writes what the plan reads, and returns the published ports. */
async function writeFiles(
  { config, env, llms }: Profile,
  clusterIsThere: boolean,
): Promise<Cluster["ports"]> {
  // Emptied, not replaced: the node of a kept cluster has this very folder mounted.
  const modelsFolder = join(work, "models");
  mkdirSync(modelsFolder, { recursive: true });
  for (const name of readdirSync(modelsFolder))
    rmSync(join(modelsFolder, name), { recursive: true });
  const obtained = env["MODELS_PATH"];
  if (obtained === undefined) throw new Error("the profile names no MODELS_PATH");
  cpSync(obtained, modelsFolder, { recursive: true, dereference: true });
  const models = llms.map(({ model }) => model);
  const hostPorts = clusterIsThere ? keptPorts() : await choosePorts(models.length);
  const files = filesOf({
    config: readFileSync(config, "utf8"),
    models,
    modelsFolder,
    hostPorts,
    rules: readFileSync(join(root, "deploy/observability/signalbox.rules.yaml"), "utf8"),
  });
  for (const [name, value] of Object.entries(files)) {
    writeFileSync(join(work, name), `${JSON.stringify(value, undefined, 1)}\n`);
  }
  return hostPorts;
}

async function choosePorts(models: number): Promise<Cluster["ports"]> {
  const published = publishedPorts(models);
  const free = await freePorts(published.length);
  const chosen = Object.fromEntries(published.map((port, at) => [port, free[at] as number]));
  writeFileSync(portsFile, JSON.stringify(chosen));
  return chosen;
}

function keptPorts(): Cluster["ports"] {
  if (existsSync(portsFile) && existsSync(kubeconfig)) {
    return JSON.parse(readFileSync(portsFile, "utf8"));
  }
  throw new Error(
    `A cluster ${clusterName} is there, of another checkout or not of this test. ` +
      `Delete it: kind delete cluster --name ${clusterName}`,
  );
}

/** After the last test: logs of what failed, and the cluster goes, unless E2E_KEEP=1. */
export async function closeCluster(failed: boolean): Promise<void> {
  const runner = newRunner();
  if (!isThere(runner)) return;
  if (failed) await collectLogs(runner);
  if (process.env["E2E_KEEP"] === "1") {
    say(`kept (E2E_KEEP=1): export KUBECONFIG=${kubeconfig}; ${commandLine(deleteCluster)}`);
    return;
  }
  const failure = await runStep(deleteCluster, runner);
  say(failure ?? "the cluster is deleted");
  rmSync(portsFile, { force: true });
}

async function collectLogs(runner: Runner): Promise<void> {
  const folder = join(work, "logs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const step of logsPlan(folder)) {
    const { output } = await outputOf(step, runner);
    writeFileSync(join(folder, `${step.name.replaceAll(" ", "-")}.txt`), output);
  }
  say(`logs are in ${folder}`);
}

/** Every command of a run from nothing, for a shell. What they read is written by a run. */
export const dryRun = (): string =>
  [
    `export KUBECONFIG=${workFolder}/kubeconfig`,
    ...[clusterPlan(planOptions(false)), ...overlays.map(overlayPlan), [deleteCluster]]
      .flat()
      .flatMap((step) => [`# ${step.name}`, commandLine(step)]),
    "",
  ].join("\n");

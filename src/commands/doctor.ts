import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { checkEnvoy } from "../doctor/check-envoy.ts";
import type { Known } from "../doctor/check-path.ts";
import { checkResources } from "../doctor/check-resources.ts";
import type { Finding } from "../doctor/findings.ts";
import { readCluster } from "../doctor/read-cluster.ts";
import { getJson, readEnvoy } from "../doctor/read-envoy.ts";
import { readManifests } from "../doctor/read-manifests.ts";
import { problemsAmong, ranked, reportText } from "../doctor/report.ts";
import { RouterError } from "../errors.ts";

interface Options {
  readonly manifests?: readonly string[];
  readonly envoyAdmin?: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly config?: string;
  readonly signalbox?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("Find what is wrong with the gateway in front of signalbox, each with its remedy")
    .option(
      "--manifests <path...>",
      "manifests: files, folders, kustomizations, or - for standard input",
    )
    .option(
      "--envoy-admin <url>",
      "admin interface of an Envoy that runs, such as http://127.0.0.1:19000",
    )
    .option("--cluster", "the cluster that kubectl is set to; implied by the two options below")
    .option("--kubeconfig <file>", "of the cluster")
    .option("--context <name>", "of the kubeconfig")
    .option(
      "--config <file>",
      "signalbox's configuration: its models, deadline and limits are compared",
    )
    .option("--signalbox <url>", "HTTP API of a signalbox that runs: what it runs on is asked")
    .option("--json", "one JSON object on stdout")
    .action(doctor);
}

/** Exits 0 when there is no problem, 1 when there is one. */
async function doctor(options: Options): Promise<void> {
  const findings = ranked(await find(options, await known(options)));
  const problems = problemsAmong(findings).length;
  process.exitCode = problems > 0 ? 1 : 0;
  const text = options.json
    ? `${JSON.stringify({ healthy: problems === 0, problems, findings })}\n`
    : reportText(findings);
  process.stdout.write(text);
}

async function known({ config, signalbox }: Options): Promise<Known> {
  return {
    config: config === undefined ? undefined : loadConfig(config, process.env).config,
    nodeMajor: signalbox === undefined ? undefined : await nodeMajorOf(signalbox),
  };
}

async function nodeMajorOf(url: string): Promise<number | undefined> {
  const info = (await getJson(url, "/info/models")) as { system?: { node_version?: string } };
  const [, major] = /^v(\d+)\./.exec(info.system?.node_version ?? "") ?? [];
  return major === undefined ? undefined : Number(major);
}

async function find(options: Options, about: Known): Promise<readonly Finding[]> {
  const { manifests, envoyAdmin, cluster, kubeconfig, context } = options;
  const inCluster = cluster === true || kubeconfig !== undefined || context !== undefined;
  const sources = [manifests !== undefined, envoyAdmin !== undefined, inCluster];
  if (!sources.includes(true)) {
    throw new RouterError(
      "doctor_failed",
      "nothing to look at",
      "Name --manifests, --envoy-admin, or --cluster (--kubeconfig, --context)",
    );
  }
  const findings: Finding[] = [];
  if (manifests) {
    const resources = [];
    for (const path of manifests) resources.push(...(await readManifests(path)));
    if (resources.length === 0) {
      throw new RouterError(
        "doctor_failed",
        `${manifests.join(", ")}: no resource of Kubernetes`,
        "Name files or folders that hold them",
      );
    }
    findings.push(...checkResources(resources, about, false));
  }
  if (envoyAdmin !== undefined) findings.push(...checkEnvoy(await readEnvoy(envoyAdmin), about));
  if (inCluster) {
    findings.push(...checkResources(await readCluster({ kubeconfig, context }), about, true));
  }
  return findings;
}

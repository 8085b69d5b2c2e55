import { execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../../child.ts";
import { version } from "../../versions.ts";
import { waitUntil } from "../../wait.ts";
import { refuseBusyPorts } from "./fixed-ports.ts";
import { envoyOfVersion, gatewayProgram } from "./programs.ts";

export type Program = "envoy-gateway" | "aigw";

export interface Gateway {
  readonly child: Child;
  /** Of Envoy. */
  readonly adminUrl: string;
  /** All that the program wrote. */
  log(): string;
  /** Gives other resources; they are taken up some seconds later. Envoy Gateway only. */
  apply(resources: string): void;
  stop(): Promise<void>;
}

export interface StartGateway {
  readonly program: Program;
  readonly resources: string;
  /** aigw logs the status of policies only then; it also logs every request, and takes its time for that. */
  readonly debug?: boolean;
  /** Whether an EnvoyPatchPolicy shall count. aigw takes none as it comes. */
  readonly patches?: boolean;
}

/** The Envoy that each program runs. */
export const envoyVersion = (program: Program): string =>
  version(program === "aigw" ? "AI_GATEWAY_ENVOY_VERSION" : "ENVOY_GATEWAY_ENVOY_VERSION");

/** A cold cache of certificates and a busy machine. */
const startMs = 60_000;

/** Time for Envoy to end its connections. */
const stopMs = 15_000;

/** aigw makes its certificates here, where the system says that the user's home is; no variable changes that. */
const certificates = join(userInfo().homedir, ".config/envoy-gateway");

/** Starts the program without Kubernetes: resources from a file, Envoy as a child. All else that it writes goes into one scratch folder. */
export async function startGateway(options: StartGateway): Promise<Gateway> {
  const { program } = options;
  await refuseBusyPorts();
  const binary = gatewayProgram(program);
  // Short: a Unix socket's path has 107 characters at most.
  const folder = mkdtempSync(join(tmpdir(), "sbx-gw-"));
  const place = (name: string): string => join(folder, name);
  for (const name of ["home", "resources", "data", "state", "config", "run"])
    mkdirSync(place(name));
  provideEnvoy(place("data"), program);
  const keepCertificates = existsSync(certificates);
  const resources = place("resources/all.yaml");
  writeFileSync(resources, options.resources);
  const start = program === "aigw" ? aigw : envoyGateway;
  const child = await startChild({
    name: program,
    command: "sh",
    // The child's own pipe keeps its last words only.
    args: ["-c", 'exec "$@" >"$LOG" 2>&1', "sh", binary, ...start.args(place, options)],
    env: { ...environment(place), LOG: place("log") },
  });
  const log = (): string => readFileSync(place("log"), "utf8");
  async function stop(): Promise<void> {
    await child.stop(stopMs);
    rmSync(folder, { recursive: true, force: true });
    if (!keepCertificates) rmSync(certificates, { recursive: true, force: true });
  }
  try {
    const adminUrl = await start.ready(place, child, options);
    return { child, adminUrl, log, stop, apply: (text) => writeFileSync(resources, text) };
  } catch (error) {
    const words = log().slice(-4000);
    await stop();
    throw new Error(`${program} did not start. Its last words:\n${words}`, { cause: error });
  }
}

type Place = (name: string) => string;

interface Start {
  args(place: Place, options: StartGateway): string[];
  /** Resolves with the address of Envoy's admin interface when it answers. */
  ready(place: Place, child: Child, options: StartGateway): Promise<string>;
}

const envoyGateway: Start = {
  args(place) {
    const config = place("envoy-gateway.yaml");
    writeFileSync(config, JSON.stringify(envoyGatewayConfig(place)));
    const certgen = ["certgen", "--local", "--config-home", place("config")];
    execFileSync(gatewayProgram("envoy-gateway"), certgen, {
      stdio: "ignore",
      env: { ...process.env, ...environment(place) },
    });
    return ["server", "--config-path", config];
  },
  ready: (place, child) => adminAddress(place, child),
};

const aigw: Start = {
  args: (place, { debug }) => ["run", place("resources/all.yaml"), ...(debug ? ["--debug"] : [])],
  async ready(place, child, { debug, patches }) {
    // aigw writes the configuration of the Envoy Gateway inside it, whose own loader then watches the file: what is
    // changed there counts, whether it is changed before the first reading or after.
    const config = place("state/runs/0/envoy-gateway-config.yaml");
    if (debug || patches) {
      let text = "";
      await waitUntil(
        async () => {
          text = readFileSync(config, "utf8");
          return text.includes("port: 1061");
        },
        child,
        startMs,
      );
      if (patches) text = text.replace("enableBackend: true", "$&\n  enableEnvoyPatchPolicy: true");
      if (debug) text = text.replace("default: error", "default: info");
      writeFileSync(config, text);
    }
    return adminAddress(place, child);
  },
};

function envoyGatewayConfig(place: Place): object {
  return {
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "EnvoyGateway",
    gateway: { controllerName: "gateway.envoyproxy.io/gatewayclass-controller" },
    provider: {
      type: "Custom",
      custom: {
        resource: { type: "File", file: { paths: [place("resources")] } },
        infrastructure: {
          type: "Host",
          host: {
            configHome: place("config"),
            dataHome: place("data"),
            stateHome: place("state"),
            runtimeDir: place("run"),
          },
        },
      },
    },
    logging: { level: { default: "info" } },
    extensionApis: { enableBackend: true, enableEnvoyPatchPolicy: true },
  };
}

function environment(place: Place): Record<string, string> {
  return {
    HOME: place("home"),
    TMPDIR: place("run"),
    AIGW_DATA_HOME: place("data"),
    AIGW_CONFIG_HOME: place("config"),
    AIGW_STATE_HOME: place("state"),
    AIGW_RUNTIME_DIR: place("run"),
    AIGW_RUN_ID: "0",
  };
}

/** What aigw asks for when the manifests name no version. PyPI does not have it. */
const unnamedEnvoy = "1.38.1";

/** Where func-e, which both programs start Envoy with, looks before it downloads one. */
function provideEnvoy(data: string, program: Program): void {
  const pinned = envoyVersion(program);
  const envoy = envoyOfVersion(pinned);
  for (const asked of program === "aigw" ? [pinned, unnamedEnvoy] : [pinned]) {
    const folder = join(data, "envoy-versions", asked, "bin");
    mkdirSync(folder, { recursive: true });
    symlinkSync(envoy, join(folder, "envoy"));
  }
}

/** Envoy's admin port is a free one, which it writes down. */
async function adminAddress(place: Place, child: Child): Promise<string> {
  let address = "";
  await waitUntil(
    async () => {
      const [file] = globSync(place("run/*/admin-address.txt"));
      address = file ? readFileSync(file, "utf8").trim() : "";
      return address !== "" && (await fetch(`http://${address}/ready`)).ok;
    },
    child,
    startMs,
  );
  return `http://${address}`;
}

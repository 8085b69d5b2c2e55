import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const scripts = join(import.meta.dirname, "../../../scripts");

/** Path of a gateway program at its pinned version; built at the first call on a machine that has none, which takes minutes. */
export const gatewayProgram = (name: "envoy-gateway" | "aigw"): string =>
  fetched("get-gateway.sh", name);

/** Path of the Envoy of this version. */
export const envoyOfVersion = (version: string): string => fetched("get-envoy.sh", version);

/** The command that renders a kustomization, without the folder's name. */
export function kustomize(): readonly [string, ...string[]] {
  const chosen = process.env["KUSTOMIZE_BIN"] !== undefined;
  const kubectl = !chosen && spawnSync("kubectl", ["kustomize", "--help"]).status === 0;
  return kubectl ? ["kubectl", "kustomize"] : [fetched("get-gateway.sh", "kustomize"), "build"];
}

const fetched = (script: string, name: string): string =>
  execFileSync(join(scripts, script), [name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();

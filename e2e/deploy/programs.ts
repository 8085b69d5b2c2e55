import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "../..");

export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of a program that ends by itself. Throws when it cannot be started. */
export function run(program: string, args: readonly string[], input = ""): Output {
  const ran = spawnSync(program, args, { cwd: root, input, encoding: "utf8", maxBuffer: 64e6 });
  if (ran.error) throw ran.error;
  return { status: ran.status ?? 1, stdout: ran.stdout, stderr: ran.stderr };
}

/** What it printed. Throws when it says that it failed. */
export function outputOf(program: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = run(program, args, input);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}\n${stderr || stdout}`);
  return stdout;
}

/** Undefined, said aloud, where there is none: building one takes minutes and belongs to `make check-manifests`. */
export function findHelm(): string | undefined {
  const { status, stdout } = run("scripts/get-helm.sh", ["--no-build"]);
  return status === 0 ? stdout.trim() : missing("Helm");
}

/** The arguments before the folder. */
export function findKustomize(): readonly [string, ...string[]] | undefined {
  const built = join(root, ".tools/gateway");
  const ours = existsSync(built) ? readdirSync(built).find((one) => /^kustomize-v/.test(one)) : "";
  if (ours) return [join(built, ours), "build"];
  if (isThere("kustomize")) return ["kustomize", "build"];
  return isThere("kubectl") ? ["kubectl", "kustomize"] : missing("kustomize or kubectl");
}

/** The program of e2e/crd-check, and its arguments that say where the CRDs are. */
export type CrdCheck = readonly [string, ...string[]];

/** As `make check-manifests` left it. */
export function findCrdCheck(): CrdCheck | undefined {
  const place = join(root, ".tools/crd-check");
  const program = join(place, "crd-check");
  if (!existsSync(program)) return missing("crd-check");
  if (sourcesOf("e2e/crd-check").some((file) => changedAt(file) > changedAt(program))) {
    return missing("an up-to-date crd-check");
  }
  const folders = readdirSync(join(place, "crds")).map((name) => join(place, "crds", name));
  return [program, ...folders.map((folder) => `--crds=${folder}`)];
}

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder)).map((name) => join(root, folder, name));
const changedAt = (file: string): number => statSync(file).mtimeMs;

export const isThere = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

function missing(what: string): undefined {
  console.warn(`SKIPPED: ${what} is not here; make check-manifests gets it (with Go)`);
}

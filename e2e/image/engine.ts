import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, getContainerRuntimeClient } from "testcontainers";

const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { IMAGE = "signalbox", TAG = version } = process.env;

/** What `make image` built, under the names that it was given. */
export const images = { signalbox: `${IMAGE}:${TAG}`, mockLlm: `${IMAGE}-mock-llm:${TAG}` };

/** A container as the strictest policy of a cluster lets it run. */
export class Hardened extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.withDroppedCapabilities("ALL").withSecurityOpt("no-new-privileges");
  }
  protected override async beforeContainerCreated(): Promise<void> {
    this.hostConfig.ReadonlyRootfs = true;
  }
}

/** A program of this machine in a container: it finds the libraries of the image, which has none but glibc's. */
export function programContainer(path: string, args: readonly string[]): GenericContainer {
  return new Hardened(images.mockLlm)
    .withBindMounts([{ source: path, target: "/program", mode: "ro" }])
    .withEntrypoint(["/program"])
    .withCommand([...args]);
}

/** The path that a script of this repository prints; it fetches the program when it is not here. */
export const programOf = (script: string): string =>
  execFileSync(join(root, "scripts", script), { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1) ?? "";

export const dockerode = async () => (await getContainerRuntimeClient()).container.dockerode;

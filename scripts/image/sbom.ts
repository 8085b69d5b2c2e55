import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Prints a CycloneDX list of the packages that ship, as package-lock.json has them, the same each time. */

interface Bom {
  serialNumber?: string;
  readonly metadata: {
    timestamp?: string;
    readonly component: { "bom-ref": string; name: string; type: string };
  };
  components: { readonly "bom-ref": string }[];
  dependencies: { readonly ref: string; dependsOn: string[] }[];
}

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

const { name } = JSON.parse(readFileSync("package.json", "utf8"));
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const ships = new Set(
  Object.entries<Locked>(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`),
);

// A checkout may have its npm under .tools; an image is built with the one on PATH.
const npm = existsSync("scripts/npm.sh") ? "scripts/npm.sh" : "npm";
const flags = ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"];
const bom: Bom = JSON.parse(execFileSync(npm, flags, { encoding: "utf8", maxBuffer: 2 ** 28 }));
// Not by --omit=dev, which leaves out what both we and a development package depend on (npm 11.19).
const root = bom.metadata.component;
bom.components = bom.components.filter((one) => ships.has(one["bom-ref"]));
bom.dependencies = bom.dependencies
  .filter(({ ref }) => ref === root["bom-ref"] || ships.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => ships.has(one)) }));
const listed = new Set(bom.components.map((one) => one["bom-ref"]));
const missing = [...ships].filter((one) => !listed.has(one));
if (missing.length > 0) throw new Error(`npm sbom left out ${missing.join(", ")}`);
// Both differ with every run, and the folder's name is no package's.
delete bom.serialNumber;
delete bom.metadata.timestamp;
root.name = name;
root.type = "application";
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);

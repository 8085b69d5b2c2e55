import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Prints a CycloneDX list of the packages that ship, as npm reads them from package-lock.json, the same each time. */

interface Bom {
  serialNumber?: string;
  readonly metadata: { timestamp?: string; readonly component: { name: string; type: string } };
  readonly components: readonly { readonly name: string }[];
}

const { name } = JSON.parse(readFileSync("package.json", "utf8"));
const flags = ["--omit=dev", "--package-lock-only", "--sbom-format=cyclonedx"];
const text = execFileSync("npm", ["sbom", ...flags], { encoding: "utf8", maxBuffer: 2 ** 28 });
const bom: Bom = JSON.parse(text);
// Both differ with every run, and the folder's name is no package's.
delete bom.serialNumber;
delete bom.metadata.timestamp;
bom.metadata.component.name = name;
bom.metadata.component.type = "application";
if (bom.components.length === 0)
  throw new Error("npm names no package; is package-lock.json whole?");
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);

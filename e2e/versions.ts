import { readFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "versions.env");

/** The pinned version called `name` in versions.env. Throws when it is not there. */
export function version(name: string): string {
  const line = readFileSync(file, "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}=`));
  if (!line) throw new Error(`${file} has no ${name}`);
  return line.slice(name.length + 1);
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

test("the list of packages has every one that ships with its hash and licence, no other, and is the same each time", () => {
  const text = execFileSync(process.execPath, [join(root, "scripts/image/sbom.ts")], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { components } = JSON.parse(text) as {
    components: { name: string; version: string; hashes?: object[]; licenses?: object[] }[];
  };
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const shipped = Object.entries(lock.packages as Record<string, Locked>)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(
      ([path, { version }]) => `${path.slice(path.lastIndexOf("node_modules/") + 13)}@${version}`,
    );
  const listed = components.map(({ name, version }) => `${name}@${version}`);
  expect([...new Set(listed)].sort()).toEqual([...new Set(shipped)].sort());
  for (const { name, hashes, licenses } of components) {
    expect({ name, hashes: hashes?.length, licensed: licenses !== undefined }).toEqual({
      name,
      hashes: 1,
      licensed: true,
    });
  }
  expect(text).not.toMatch(/"(timestamp|serialNumber)"/);
});

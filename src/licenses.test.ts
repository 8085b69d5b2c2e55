import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "./config/paths.ts";

const read = (name: string): string => readFileSync(join(packageRoot, name), "utf8");

interface Package {
  readonly license?: string;
  readonly dev?: boolean;
}

/** A licence that comes with a new package is decided on here, and told in NOTICE. */
const mayShip = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "0BSD", "BlueOak-1.0.0", "PSF-2.0"];

test("what an installation brings along may be shipped, and NOTICE says under which licences", () => {
  const packages: Record<string, Package> = JSON.parse(read("package-lock.json")).packages;
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  expect(shipped.length).toBeGreaterThan(50);
  for (const [path, { license = "none" }] of shipped) {
    const offered = license.replace(/[()]/g, "").split(" OR ");
    expect([path, offered.some((one) => mayShip.includes(one))]).toEqual([path, true]);
  }
  const notice = read("NOTICE");
  for (const license of mayShip) expect(notice).toContain(license);
});

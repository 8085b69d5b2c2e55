/**
 * Adds to package-lock.json the optional packages of other platforms that the registry at hand could not describe.
 * npm leaves them out, and then `npm ci` refuses the lock everywhere. Name, version and platform are all in the parent.
 * Run after every `npm install` that changes the lock: node scripts/complete-lock.ts
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
  [field: string]: unknown;
}

const systems = "aix android darwin freebsd linux netbsd openbsd openharmony sunos win32".split(
  " ",
);
const processors = "arm64 arm ia32 loong64 mips64el ppc64 riscv64 s390x x64 wasm32".split(" ");

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockedPackage> };
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place]?.version) continue;
    const words = name.replaceAll("/", "-").split("-");
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    if (os.length + cpu.length === 0) throw new Error(`no platform in the name ${name}`);
    lock.packages[place] = {
      version,
      ...(parent.dev && { dev: true }),
      optional: true,
      // A WebAssembly build has no system of its own: one that no machine has keeps npm from fetching it.
      os: os.length > 0 ? os : ["none"],
      ...(cpu.length > 0 && { cpu }),
      ...(words.some((word) => word.startsWith("musl")) && { libc: ["musl"] }),
      ...(words.some((word) => word.startsWith("gnu")) && { libc: ["glibc"] }),
    };
  }
}
const sorted = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);

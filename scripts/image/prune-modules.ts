import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

/** What a container never reads of the packages it has. `what` is the line in the report. */
interface Rule {
  readonly what: string;
  readonly applies: (path: string, target: Target) => boolean;
}

interface Target {
  /** As `process.platform` and `process.arch` name them. */
  readonly platform: string;
  readonly arch: string;
}

/** Licences go where the code goes, whatever the file is called. */
const isLicence = (path: string): boolean =>
  /^(licen[cs]es?|notice|copying|third-?party)\b/i.test(basename(path));

/** Paths are relative to node_modules and end in "/" for a folder; the first rule that applies takes the whole folder. */
const rules: readonly Rule[] = [
  {
    what: "native libraries of other platforms, and of GPUs",
    applies: (path, { platform, arch }) => {
      const found = /^onnxruntime-node\/bin\/napi-v\d+\/([^/]+)\/(?:([^/]+)\/)?(.*)$/.exec(path);
      if (!found) return false;
      const [, os, cpu, file = ""] = found;
      if (os !== platform || (cpu !== undefined && cpu !== arch)) return true;
      return /providers_(cuda|tensorrt|rocm|migraphx)|DirectML|dxcompiler|dxil/i.test(file);
    },
  },
  {
    what: "bundles beside the modules that are imported",
    applies: (path) =>
      /^(echarts\/(dist|i18n|theme|asset|extension|ssr|types)|zrender\/(dist|build|src)|protobufjs\/(dist|cli)|csv-parse\/dist)\/$/.test(
        path,
      ) ||
      /^@opentelemetry\/semantic-conventions\/dist\/(index-incubating|experimental_)/.test(path),
  },
  { what: "scripts that install", applies: (path) => /^onnxruntime-node\/script\/$/.test(path) },
  { what: "links to commands", applies: (path) => path === ".bin/" },
  {
    what: "tests, examples and documentation",
    applies: (path) =>
      /^(@[^/]+\/)?[^/]+\/(tests?|__tests__|docs?|examples?|bench(marks?)?|\.github|coverage)\/$/.test(
        path,
      ) || /\.(md|markdown)$/i.test(path),
  },
  // Node does not run TypeScript below node_modules, so none of it can be code that is needed.
  { what: "types and their sources", applies: (path) => /\.[cm]?tsx?$|\.flow$/.test(path) },
  { what: "source maps", applies: (path) => path.endsWith(".map") },
];

export interface Pruned {
  readonly what: string;
  readonly files: number;
  readonly bytes: number;
}

/** Removes from `folder`, a node_modules, what a container on `target` never reads, and tells how much of what. */
export function pruneModules(folder: string, target: Target): readonly Pruned[] {
  const counts = rules.map(({ what }) => ({ what, files: 0, bytes: 0 }));
  const visit = (relative: string): void => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const isFolder = entry.isDirectory();
      const path = `${relative}${entry.name}${isFolder ? "/" : ""}`;
      const at = isLicence(path) ? -1 : rules.findIndex(({ applies }) => applies(path, target));
      const count = counts[at];
      if (count) {
        const size = sizeOf(join(folder, path));
        count.files += size.files;
        count.bytes += size.bytes;
        rmSync(join(folder, path), { recursive: true });
      } else if (isFolder) visit(path);
    }
    if (relative !== "" && readdirSync(join(folder, relative)).length === 0) {
      rmSync(join(folder, relative), { recursive: true });
    }
  };
  visit("");
  return counts;
}

function sizeOf(path: string): { readonly files: number; readonly bytes: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return { files: 1, bytes: found?.size ?? 0 };
  const parts = readdirSync(path).map((name) => sizeOf(join(path, name)));
  const sum = (of: "files" | "bytes") => parts.reduce((total, part) => total + part[of], 0);
  return { files: sum("files"), bytes: sum("bytes") };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: "string", default: process.platform },
      arch: { type: "string", default: process.arch },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error("give the node_modules to prune");
  for (const { what, files, bytes } of pruneModules(folder, values)) {
    process.stdout.write(`${(bytes / 1e6).toFixed(1).padStart(7)} MB ${files} files: ${what}\n`);
  }
}

import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { lineIndex } from "../config/lines.ts";
import { readYaml } from "../config/yaml.ts";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import { itemsOf, type Resource, resourceOf } from "./resource.ts";

/** Manifests of a whole cluster are a few mebibytes. */
const maxBytes = 32 * 1024 * 1024;
const mostFiles = 2000;

const refusals = {
  unreadable: {
    code: "doctor_failed",
    remedy: "Name a file or folder of manifests, or - for standard input",
  },
  tooLarge: { code: "doctor_failed", remedy: "Name the gateway's manifests alone" },
} as const;

/** Of a file, of every YAML and JSON file below a folder, or of what `kubectl kustomize` makes of one. */
export async function readManifests(path: string): Promise<readonly Resource[]> {
  if (path === "-") return parseManifests(await standardInput(), "-");
  if (existsSync(path) && statSync(path).isDirectory()) {
    if (existsSync(join(path, "kustomization.yaml"))) {
      return parseManifests(await kustomized(path), `kubectl kustomize ${path}`);
    }
    const files = readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((file) => [".yaml", ".yml", ".json"].includes(extname(file)))
      .sort()
      .slice(0, mostFiles);
    return files.flatMap((file) => parseManifests(readText(join(path, file)), join(path, file)));
  }
  return parseManifests(readText(path), path);
}

const readText = (path: string): string => readBounded(path, maxBytes, refusals).toString("utf8");

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function kustomized(folder: string): Promise<string> {
  try {
    const run = promisify(execFile);
    const { stdout } = await run("kubectl", ["kustomize", folder], { maxBuffer: maxBytes });
    return stdout;
  } catch (cause) {
    throw new RouterError(
      "doctor_failed",
      `kubectl kustomize ${folder}: ${(cause as Error).message.trim()}`,
      "Install kubectl, or pipe the manifests: kustomize build FOLDER | signalbox doctor --manifests -",
      { cause },
    );
  }
}

/** Throws RouterError `doctor_failed` for what is not YAML. Documents that are no resources are passed over. */
export function parseManifests(text: string, source: string): readonly Resource[] {
  return documentsOf(text).flatMap(({ document, line: first }) => {
    if (!/\S/.test(document.replace(/^\s*#.*$/gm, ""))) return [];
    const read = readYaml(document);
    if ("problem" in read) {
      const { line = 1, message } = read.problem;
      throw new RouterError(
        "doctor_failed",
        `${source}:${first + line - 1}: ${message}`,
        "Correct it; templates are rendered first: helm template ... | signalbox doctor --manifests -",
      );
    }
    let lineOf: ReturnType<typeof lineIndex> | undefined;
    const items = itemsOf(read.tree);
    return items.flatMap((item, index) => {
      const prefix = item === read.tree ? [] : ["items", index];
      const resource = resourceOf(item, (path) => {
        lineOf ??= lineIndex(document);
        return `${source}:${first + (lineOf([...prefix, ...path]) ?? 1) - 1}: `;
      });
      return resource ? [resource] : [];
    });
  });
}

/** YAML's documents and the line, from 1, on which each begins. */
function documentsOf(text: string): { readonly document: string; readonly line: number }[] {
  const documents: { document: string; line: number }[] = [];
  let own: string[] = [];
  let line = 1;
  const lines = text.split("\n");
  for (const [index, one] of lines.entries()) {
    if (/^---(\s|$)/.test(one)) {
      documents.push({ document: own.join("\n"), line });
      own = [];
      line = index + 2;
    } else own.push(one);
  }
  return [...documents, { document: own.join("\n"), line }];
}

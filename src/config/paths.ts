import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** Where relative paths of a configuration are looked for: the working directory, then the file's own folder. */
export interface Places {
  readonly configFolder: string;
  readonly cwd: string;
}

/**
 * Where a path of the configuration may lead, in the order tried: from the working directory, as the reference reads
 * it, then from the folder of the configuration file. An absolute path leads to one place.
 */
export function placesOf(path: string, configFolder: string, cwd: string): readonly string[] {
  if (isAbsolute(path)) return [path];
  return [...new Set([resolve(cwd, path), resolve(cwd, configFolder, path)])];
}

/** The first of `placesOf` that exists, or the first; then the caller's error names them all. */
export function resolvePath(path: string, configFolder: string, cwd: string): string {
  const places = placesOf(path, configFolder, cwd);
  return places.find((place) => existsSync(place)) ?? resolve(cwd, path);
}

/** Of signalbox itself, whether it runs from src/ or from dist/: what is built in lies below it. */
export const packageRoot: string = folderWithPackage(import.meta.dirname);

function folderWithPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("unreachable: signalbox is part of a package");
  return folderWithPackage(above);
}

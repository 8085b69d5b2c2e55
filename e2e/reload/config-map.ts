import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface ConfigMap {
  /** Where a container finds the file. */
  path(file: string): string;
  /** New content, as the kubelet brings it. */
  update(files: Readonly<Record<string, string | Uint8Array>>): void;
}

/**
 * A ConfigMap as the kubelet mounts it: every file is a link through `..data`, itself a link to a folder of this version.
 * An update writes a folder, renames a new link over `..data` and removes the old folder, so that all files change at once.
 */
export function mountConfigMap(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): ConfigMap {
  let version = 0;
  function update(changed: typeof files): void {
    const own = `..2026_11_21_${++version}`;
    mkdirSync(join(folder, own));
    for (const [file, content] of Object.entries({ ...files, ...changed })) {
      writeFileSync(join(folder, own, file), content);
    }
    symlinkSync(own, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    if (version > 1) rmSync(join(folder, `..2026_11_21_${version - 1}`), { recursive: true });
  }
  update(files);
  for (const file of Object.keys(files)) symlinkSync(join("..data", file), join(folder, file));
  return { path: (file) => join(folder, file), update };
}

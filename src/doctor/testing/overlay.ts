import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../config/paths.ts";

const folder = join(packageRoot, "gateway-resources");

export const overlays: Readonly<Record<string, readonly string[]>> = {
  "ai-gateway": ["ai-gateway-route", "extension-policy"],
  "ai-gateway-patched": ["ai-gateway-route", "patch-policy"],
  "envoy-gateway": ["http-route", "extension-policy"],
  "envoy-gateway-patched": ["http-route", "patch-policy"],
};

/** What kustomize makes of an overlay: the manifests of its parts, one after the other. */
export function overlayText(name: string): string {
  const parts = ["base", ...(overlays[name] ?? []).map((one) => `components/${one}`)];
  return parts
    .flatMap((part) =>
      globSync("*.yaml", { cwd: join(folder, part) }).map((file) => join(part, file)),
    )
    .filter((file) => !file.endsWith("kustomization.yaml"))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("---\n");
}

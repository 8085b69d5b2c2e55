import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whatever a run of tests leaves in the temporary folder goes with the folder, also what children of a test left. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-tests-"));
  process.env["TMPDIR"] = folder;
  // kubectl keeps what an API server said, and a browser's libraries their settings.
  process.env["KUBECACHEDIR"] = join(folder, "kube");
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
  // Opened in a test's own process, onnxruntime would write an id below HOME and tell its maker of each model.
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  return () => rmSync(folder, { recursive: true, force: true });
}

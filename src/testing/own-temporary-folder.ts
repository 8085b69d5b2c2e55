import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whatever a run of tests leaves in the temporary folder goes with the folder, also what children of a test left. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-tests-"));
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

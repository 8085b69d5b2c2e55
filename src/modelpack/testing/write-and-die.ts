import { readFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

/**
 * node write-and-die.ts FROM TO N: writes the router model of one folder into another as training does, and is killed
 * before it renames or removes for the Nth time.
 */
const [from = "", to = "", at = ""] = process.argv.slice(2);
let changes = 0;
function dieInTime(): void {
  if (++changes === Number(at)) process.kill(process.pid, "SIGKILL");
}
const { rename, rm } = promises;
promises.rename = (...paths) => {
  dieInTime();
  return rename(...paths);
};
promises.rm = (...paths) => {
  dieInTime();
  return rm(...paths);
};
syncBuiltinESMExports();

const { figureNames } = await import("../training/family-files.ts");
const { writeFamily } = await import("../training/write-family.ts");
const read = (name: string): string | undefined => {
  try {
    return readFileSync(join(from, name), "utf8");
  } catch {
    return undefined;
  }
};
const header = read("router_model.json") ?? "";
const tensorsName: string = JSON.parse(header).tensors;
const figures = figureNames("router").flatMap((name): [string, string][] => {
  const content = read(name);
  return content === undefined ? [] : [[name, content]];
});
const tensors = readFileSync(join(from, tensorsName));
await writeFamily(to, "router", {
  model: { header, tensors },
  tensorsName,
  figures: new Map(figures),
});

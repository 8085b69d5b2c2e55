import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../../src/cli.ts");

/** The command as a user runs it; its standard output. Rejects when it fails. */
export async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.setEncoding("utf8");
  let output = "";
  child.stdout.on("data", (text: string) => {
    output += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`signalbox ${args.join(" ")} ended with ${code}`);
  return output;
}

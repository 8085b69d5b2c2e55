import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const peers = join(import.meta.dirname, "../peers");

/** Builds bench/peers/NAME when it is not built, and tells where the program is. Needs cargo and crates.io. */
function buildPeer(name: string): string {
  const folder = join(peers, name);
  try {
    execFileSync("cargo", ["build", "--release", "--quiet", "-j", "1", "--locked"], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
  } catch {
    console.error(
      `bench/peers/${name} was not built: it needs cargo (https://rustup.rs). --no-peers leaves it out`,
    );
    process.exit(2);
  }
  return join(folder, "target/release", `${name}-peer`);
}

/** A process that answers each line of its standard input by a line of JSON. */
export interface Peer {
  ask(line: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** A program of bench/peers. */
export const startPeer = (name: string, environment: NodeJS.ProcessEnv = {}): Peer =>
  startProcess(buildPeer(name), [], environment);

export function startProcess(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Peer {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${[command, ...args].join(" ")} ended at "${line.slice(0, 80)}"`);
      return JSON.parse(value);
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** The last of what it wrote to stdout and stderr. */
  output(): string;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  readonly exited: Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL for what is still there after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const keptOutputChars = 64 * 1024;

/**
 * Starts a program in a process group of its own, so that a Ctrl-C in the terminal reaches only us and we end it in
 * order. A guard beside it kills the group when this process dies in a way that leaves no time for `stop`.
 */
export async function startChild({ name, command, args, env }: ChildOptions): Promise<Child> {
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error("unreachable: a spawned process has an id");
  const guard = startGuard(pid);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (more: string) => {
      text = (text + more).slice(-keptOutputChars);
    });
  }
  let exit: Exit | undefined;
  const exited = once(child, "exit").then(([code, signal]): Exit => {
    guard();
    exit = { code, signal };
    return exit;
  });
  function signal(which: NodeJS.Signals): void {
    if (!exit) process.kill(-(pid as number), which);
  }
  return {
    name,
    pid,
    output: () => text,
    exit: () => exit,
    exited,
    signal,
    async stop(graceMs = 3000) {
      signal("SIGTERM");
      const late = setTimeout(() => signal("SIGKILL"), graceMs);
      await exited;
      clearTimeout(late);
    },
  };
}

/**
 * Reads a pipe that only this process holds open: its end means that we are gone, however that came about, and then the
 * group of `pid` goes too. Returns what calls the guard off.
 */
function startGuard(pid: number): () => void {
  const guard = spawn("sh", ["-c", 'cat >/dev/null; kill -KILL "-$0" 2>/dev/null', `${pid}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // It must not keep us alive.
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  // The whole group: sh waits for a cat that would stay behind.
  return () => process.kill(-(guard.pid as number), "SIGKILL");
}

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { RouterError } from "../errors.ts";
import { sandboxScript } from "./sandbox-script.ts";

/** What a program may use. */
export interface SandboxLimits {
  /** For all its assertions together, and for each. */
  readonly seconds: number;
  readonly eachSeconds: number;
  /** Of address space, for each process. */
  readonly memoryBytes: number;
  /** Processes and threads at once, two or three of which are ours. */
  readonly processes: number;
  /** Of files, together; they are kept in memory. */
  readonly fileBytes: number;
}

/** At worst a program holds memory times processes, 4 GiB, for 15 seconds. */
export const defaultLimits: SandboxLimits = {
  seconds: 15,
  eachSeconds: 5,
  memoryBytes: 512 * 1024 ** 2,
  processes: 8,
  fileBytes: 64 * 1024 ** 2,
};

export interface Sandbox {
  /** Which of the assertions hold after the code, each tried in a process of its own. Undefined if nothing came back. */
  run(
    code: string,
    assertions: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly boolean[] | undefined>;
}

/** To start and to end, beyond the program's own time. */
const graceMs = 10_000;
const maxVerdictBytes = 1024 ** 2;

/**
 * Python that may do nothing but compute: no network, no file outside a scratch folder, bounded time, memory and
 * processes. Rejects with RouterError `sandbox_unavailable`, with the reason, where that cannot be held: there is no
 * mode with less.
 */
export async function openSandbox(
  python = "python3",
  limits: SandboxLimits = defaultLimits,
): Promise<Sandbox> {
  if (process.platform !== "linux") throw unavailable(`it needs Linux, not ${process.platform}`);
  const program = await executable(python);
  const run: Sandbox["run"] = async (code, assertions, signal) => {
    const verdict = await runScript(program, { code, assertions, limits }, signal);
    const { passed, refused } = verdict ?? {};
    if (refused !== undefined) throw unavailable(refused);
    return passed;
  };
  const proof = await run("x = 1", ["assert x == 1", "assert x == 2"], AbortSignal.timeout(60_000));
  if (proof?.join() !== "true,false") throw unavailable("a first program did not run");
  return { run };
}

/** The interpreter itself: what `python3` names may be a script that wants an environment. */
async function executable(python: string): Promise<string> {
  try {
    const asked = ["-I", "-S", "-c", "import sys; print(sys.executable)"];
    const { stdout } = await promisify(execFile)(python, asked, { timeout: 30_000 });
    if (stdout.trim() !== "") return stdout.trim();
  } catch {
    // Said below.
  }
  throw unavailable(`${python} does not run`);
}

interface Verdict {
  readonly passed?: readonly boolean[];
  readonly refused?: string;
}

async function runScript(
  program: string,
  job: {
    readonly code: string;
    readonly assertions: readonly string[];
    readonly limits: SandboxLimits;
  },
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const { code, assertions, limits } = job;
  signal.throwIfAborted();
  const child = spawn(program, ["-I", "-S", "-c", sandboxScript], {
    // Keys of this process are none of its business.
    env: { LANG: "C.UTF-8" },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const kill = (): void => {
    // The group, and with its first process everything in the namespace.
    if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid);
  };
  const timer = setTimeout(kill, limits.seconds * 1000 + graceMs);
  signal.addEventListener("abort", kill);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxVerdictBytes) kill();
    else chunks.push(chunk);
  });
  // It may have been killed before it has read all.
  child.stdin.on("error", () => undefined);
  child.stdin.end(
    JSON.stringify({
      code,
      assertions,
      seconds: limits.seconds,
      each_seconds: limits.eachSeconds,
      memory_bytes: limits.memoryBytes,
      processes: limits.processes,
      file_bytes: limits.fileBytes,
    }),
  );
  try {
    await once(child, "close");
  } catch (cause) {
    throw unavailable(`it could not be started (${(cause as Error).message})`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  }
  signal.throwIfAborted();
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

const unavailable = (reason: string): RouterError =>
  new RouterError(
    "sandbox_unavailable",
    `code that a model wrote cannot be isolated here: ${reason}`,
    "Run the benchmark on Linux with Python 3 where user namespaces are allowed, or leave --allow-code-execution out",
  );

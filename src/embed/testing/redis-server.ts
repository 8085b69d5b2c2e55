import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A real Redis on the loopback, without persistence. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void;
  /** Kills it, also when it is stopped, and waits until it is gone. */
  kill(): Promise<void>;
  /** Again on the same port, empty. */
  start(): Promise<void>;
}

/** Fetched at the first call on a machine that has none; undefined, with a word on stderr, where none is to be had. */
export function redisBinary(): string | undefined {
  const script = join(import.meta.dirname, "../../../scripts/get-redis.sh");
  try {
    const found = execFileSync(script, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    return found.trim();
  } catch {
    process.stderr.write("signalbox: TESTS WITH A REAL REDIS ARE SKIPPED\n");
    return undefined;
  }
}

export async function startRedis(
  binary: string,
  options: readonly string[] = [],
): Promise<RedisServer> {
  const port = await freePort();
  let running = await run();

  async function run() {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-redis-"));
    const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    // The shell outlives the server and ends it when this process is gone, however that came: its stdin closes then.
    const script = '"$0" "$@" >/dev/null & echo $!; read -r _; kill -9 $!; wait';
    const shell = spawn("sh", ["-c", script, binary, ...settings, ...options], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(shell, "exit");
    const [first] = await once(shell.stdout, "data");
    await untilAnswers(port);
    return { folder, shell, exited, pid: Number(String(first)) };
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => process.kill(running.pid, signal),
    async kill() {
      running.shell.stdin.end();
      await running.exited;
      rmSync(running.folder, { recursive: true, force: true });
    },
    async start() {
      running = await run();
    },
  };
}

export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  await new Promise((done) => holder.close(done));
  return port;
}

/** An error is an answer too: it may ask for a password. */
async function untilAnswers(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const answered = await new Promise<boolean>((resolve) => {
      socket.once("data", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
    });
    socket.destroy();
    if (answered) return;
    await pause(10);
  }
}

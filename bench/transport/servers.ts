import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { type Child, startChild } from "../../e2e/child.ts";
import { freePorts } from "../../e2e/free-ports.ts";
import { startSignalbox } from "../../e2e/start-signalbox.ts";
import { waitUntil } from "../../e2e/wait.ts";

/** An ext_proc server in a process of its own. */
export interface ExtProc {
  readonly grpcPort: number;
  readonly child: Child;
}

export const startSignalboxServer = async (
  config: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ExtProc> => startSignalbox({ config, env });

/** bench/peers/go-extproc, which gives every request for auto `model`. Needs Go and its module proxy. */
export async function startGoServer(model: string): Promise<ExtProc> {
  const [grpcPort = 0] = await freePorts(1);
  const args = ["-port", `${grpcPort}`, "-model", model];
  const child = await startChild({ name: "go-extproc", command: buildGo(), args });
  await waitUntil(() => accepts(grpcPort), child);
  return { grpcPort, child };
}

/** bare-http2.ts: what node:http2 costs before anything is done with it. */
export async function startBareHttp2(): Promise<ExtProc> {
  const [grpcPort = 0] = await freePorts(1);
  const args = [join(import.meta.dirname, "bare-http2.ts"), `${grpcPort}`];
  const child = await startChild({ name: "bare-http2", command: process.execPath, args });
  await waitUntil(() => accepts(grpcPort), child);
  return { grpcPort, child };
}

function buildGo(): string {
  const cwd = join(import.meta.dirname, "../peers/go-extproc");
  const built = join(cwd, "target/go-extproc");
  try {
    execFileSync("go", ["build", "-buildvcs=false", "-o", built, "."], {
      cwd,
      stdio: ["ignore", "inherit", "inherit"],
    });
  } catch {
    console.error("bench/peers/go-extproc was not built: it needs Go. --no-peers leaves it out");
    process.exit(2);
  }
  return built;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

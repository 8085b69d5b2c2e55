import { once } from "node:events";
import { chmodSync, lstatSync, statSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { RouterError } from "../errors.ts";
import { lockFile } from "../files/lock-file.ts";

/** Of `unix:/run/signalbox.sock` or `unix:///run/signalbox.sock`; undefined of another address. */
export function socketPath(address: string): string | undefined {
  return /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1];
}

/** What the system can bind; Linux takes 107. */
const maxPathBytes = 103;
const probeMs = 1000;

/**
 * Listens on a Unix socket, with access rights `mode`, by default of owner and group. One that is left of a process that
 * died is replaced. RouterError `config_invalid` when another process answers there or begins to listen there, when the
 * path is that of something else, which is never touched, or is too long; `output_unwritable` when its folder is.
 */
export async function bindSocket(server: Server, path: string, mode = 0o660): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new RouterError(
      "config_invalid",
      `the socket's path ${path} is longer than ${maxPathBytes} bytes`,
      "Choose a shorter path",
    );
  }
  const release = lockSocket(path);
  try {
    await removeStale(path);
    // Nobody gets in between: the socket is made without rights for others, and gets what it may have after that.
    const before = process.umask(0o177);
    try {
      server.listen({ path });
    } finally {
      process.umask(before);
    }
    await once(server, "listening");
    chmodSync(path, mode);
  } finally {
    release();
  }
}

/** Of two that find the same dead socket at once, the second would remove the first one's new socket. */
function lockSocket(path: string): () => void {
  const folder = dirname(path);
  // A lock makes its folder; a socket in a folder that nobody mounted would be one that Envoy never finds.
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RouterError(
      "config_invalid",
      `${folder}, where the socket is to be, is no folder`,
      "Make or mount it, or choose another path",
    );
  }
  try {
    return lockFile(path);
  } catch (thrown) {
    const error = RouterError.from(thrown);
    if (error.code !== "output_in_use") throw error;
    throw new RouterError(
      "config_invalid",
      `another process begins to listen on ${path}`,
      `End it, or choose another path; if it is gone, remove ${path}.lock`,
    );
  }
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) {
    throw new RouterError(
      "config_invalid",
      `${path} is there and is not a socket`,
      "Choose another path, or remove it yourself",
    );
  }
  if (await answers(path)) {
    throw new RouterError(
      "config_invalid",
      `another process listens on ${path}`,
      "End it, or choose another path",
    );
  }
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(probeMs) });
    return true;
  } catch (thrown) {
    // Only a socket that nobody has open refuses; whatever else is wrong is no reason to remove it.
    return (thrown as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { RouterError } from "../errors.ts";

/** What an earlier run found out is not asked again. */
export interface Journal {
  /** In the file when it returns, so that an end of this process, however hard, loses nothing. */
  add(hash: Buffer, label: string): void;
  close(): void;
  /** Once the output has all of it. */
  remove(): void;
}

const chunkBytes = 2 ** 20;
const lineForm = /^([0-9a-f]{32}) (.+)$/;

/**
 * Opens the file of labels, and gives `known` each that an earlier run left: hash (16 bytes) and label. A line that the
 * end of that run cut off is dropped. Of other labels than `by` gives, it is refused: `config_invalid`.
 */
export function openJournal(
  path: string,
  by: string,
  known: (hash: Buffer, label: string) => void,
): Journal {
  const file = opened(path);
  try {
    const head = JSON.stringify({ labels_of: by });
    const whole = eachLine(file, (line, number) => {
      if (number === 1) {
        if (line !== head) throw ofAnother(path, line);
        return;
      }
      const [, hash, label] = lineForm.exec(line) ?? [];
      if (hash === undefined || label === undefined) throw damaged(path, number);
      known(Buffer.from(hash, "hex"), label);
    });
    ftruncateSync(file, whole);
    if (whole === 0) writeSync(file, `${head}\n`);
  } catch (thrown) {
    closeSync(file);
    throw thrown;
  }
  return {
    add(hash, label) {
      writeAll(file, path, `${hash.toString("hex", 0, 16)} ${label}\n`);
    },
    close: () => closeSync(file),
    remove: () => rmSync(path, { force: true }),
  };
}

function opened(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, "a+");
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Gives `use` every line that has its end; returns how many bytes those are. */
function eachLine(file: number, use: (line: string, number: number) => void): number {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = "";
  let number = 0;
  let whole = 0;
  for (let at = 0; ; ) {
    const read = readSync(file, chunk, 0, chunk.length, at);
    if (read === 0) return whole;
    at += read;
    // Hexadecimal digits and names of domains: a character is a byte.
    const lines = (rest + chunk.toString("latin1", 0, read)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      use(line, ++number);
      whole += line.length + 1;
    }
  }
}

function writeAll(file: number, path: string, text: string): void {
  try {
    writeSync(file, text);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

const unwritable = (path: string, cause: unknown) =>
  new RouterError(
    "output_unwritable",
    `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    "Make the folder writable, free space, or choose another --output",
    { cause },
  );

const ofAnother = (path: string, head: string) =>
  new RouterError(
    "config_invalid",
    `${path} holds what another run found out, of ${head.slice(0, 200)}`,
    "Run it with the same options to continue, or remove the file to begin anew",
  );

const damaged = (path: string, line: number) =>
  new RouterError(
    "artifact_invalid",
    `${path}: line ${line} is damaged`,
    "Remove the file to begin anew",
  );

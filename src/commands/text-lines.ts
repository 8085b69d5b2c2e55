import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { RouterError } from "../errors.ts";

/** Texts handled at once: enough for whole batches, few enough to be answered soon. */
export const windowTexts = 64;

/** The lines of a file or, for `-`, of standard input, without empty ones, so many at a time. */
export async function* windows(path: string): AsyncGenerator<readonly string[]> {
  let window: string[] = [];
  for await (const line of lines(path)) {
    if (line.trim() === "") continue;
    window.push(line);
    if (window.length < windowTexts) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

/** The lines of a file or, for `-`, of standard input. Throws RouterError `invalid_request` when it cannot be read. */
export async function* lines(path: string): AsyncGenerator<string> {
  if (path === "-") {
    yield* createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    return;
  }
  try {
    await using file = await open(path);
    yield* file.readLines();
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    const detail = `${path} cannot be read${reason}`;
    throw new RouterError("invalid_request", detail, "Check the path", { cause });
  }
}

/** The text of a line: a JSON string, `{"text"}` or `{"query"}`. Throws RouterError `invalid_request`. */
export function textOf(line: string): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong("the line is not JSON");
  }
  if (typeof value === "string") return value;
  const { text, query } = (value ?? {}) as { text?: unknown; query?: unknown };
  const found = text ?? query;
  if (typeof found === "string") return found;
  throw wrong("neither text nor query is a string");
}

const wrong = (reason: string) =>
  new RouterError(
    "invalid_request",
    reason,
    'Write a JSON string, {"text": "..."} or {"query": "..."}',
  );

export async function print(line: string): Promise<void> {
  if (process.stdout.write(`${line}\n`)) return;
  await new Promise((done) => process.stdout.once("drain", done));
}

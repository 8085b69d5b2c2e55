import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { RouterError } from "../errors.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import type { ExtraBody, Model } from "./models.ts";

/** What rows of one output must have in common to be compared: how each model was asked. */
export interface RunSettings {
  readonly concise: boolean;
  readonly models: Readonly<Record<string, ModelSettings>>;
}

interface ModelSettings {
  readonly max_tokens: number;
  readonly temperature: number;
  /** SHA-256 of it: its values may be secret. */
  readonly extra_body?: string;
}

const compared = ["max_tokens", "temperature", "extra_body"] as const;

export const settingsPath = (output: string): string => `${output}.settings.json`;

export const settingsOf = (models: readonly Model[], concise: boolean): RunSettings => ({
  concise,
  models: Object.fromEntries(
    models.map(({ name, maxTokens, temperature, extraBody }) => [
      name,
      { max_tokens: maxTokens, temperature, ...(extraBody && { extra_body: hashOf(extraBody) }) },
    ]),
  ),
});

/** Of an earlier run; undefined when there is none, or nothing of use. */
function readSettings(output: string): RunSettings | undefined {
  try {
    const value = JSON.parse(readFileSync(settingsPath(output), "utf8"));
    return typeof value?.models === "object" && value.models !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Records the settings beside the output. Rejects with RouterError `config_invalid` when the rows that are there of one
 * of the `asked` models were made with others; gives a warning when nobody knows with which.
 */
export async function agreeOnSettings(
  output: string,
  settings: RunSettings,
  asked: ReadonlySet<string>,
): Promise<string | undefined> {
  const earlier = readSettings(output);
  if (earlier && asked.size > 0 && earlier.concise !== settings.concise) {
    throw otherwise(output, "--concise", earlier.concise, settings.concise);
  }
  for (const [model, now] of Object.entries(settings.models)) {
    const then = asked.has(model) ? earlier?.models[model] : undefined;
    for (const name of compared) {
      if (then && then[name] !== now[name]) {
        throw otherwise(output, `${name} of ${model}`, then[name], now[name]);
      }
    }
  }
  const models = { ...(asked.size > 0 && earlier?.models), ...settings.models };
  await writeAtomic(settingsPath(output), `${JSON.stringify({ ...settings, models }, null, 2)}\n`);
  if (earlier || asked.size === 0) return undefined;
  return `${output} does not say how its rows were made: they are taken as made with these settings`;
}

const hashOf = (extra: ExtraBody): string =>
  createHash("sha256")
    .update(JSON.stringify(Object.entries(extra).sort()))
    .digest("hex");

const otherwise = (output: string, what: string, then: unknown, now: unknown): RouterError =>
  new RouterError(
    "config_invalid",
    `${output} was begun with ${what} = ${then ?? "nothing"}, and ${now ?? "nothing"} is asked for`,
    "Use the same settings to continue, choose another --output, or begin anew with --overwrite",
  );

import { ask, type Server, type Stop } from "../../../chat/ask.ts";
import { ChatFault } from "../../../chat/chat-fault.ts";
import { type Random, random } from "../../../math/random.ts";
import { labelKey, type Task } from "../../../tasks.ts";
import type { Llm } from "../../pipeline/read-pipeline.ts";
import type { LlmSettings } from "../../pipeline/settings.ts";
import { cleaned, type PreparedRow, textsOf } from "../../rows.ts";
import { synthetic } from "../known-sources.ts";
import type { NearDuplicates } from "../near-duplicates.ts";
import { hashed, type RowPool } from "../row-pool.ts";
import type { Seed } from "../seed-pools.ts";
import { sampleRequest } from "./ask-samples.ts";
import { faultOf, isRefusal, separator } from "./judge-sample.ts";
import { readSamples, type Sample } from "./read-samples.ts";

/** An LLM that writes rows, and what it is asked for. */
export interface Writer {
  readonly llm: Llm;
  readonly settings: LlmSettings;
  readonly server: Server;
  readonly stop: Stop;
  /** Cleared once the server refuses it. */
  jsonMode: boolean;
  /** Attempts in a row, of whatever label, that got no answer. */
  unanswered: number;
  /** Why nobody is asked any more. */
  givenUp?: string;
}

export interface LabelWork {
  readonly task: Task;
  readonly label: string;
  readonly target: number;
  readonly seeds: readonly Seed[];
  readonly pool: RowPool;
  /** The texts of the task. */
  readonly known: NearDuplicates;
  /** Attempts of earlier runs: their seeds are not drawn again. */
  readonly attemptsBefore: number;
  /** For the choice of seeds. */
  readonly seed: number;
}

export interface LabelResult {
  readonly attempts: number;
  /** Samples that were not taken, by why. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Why rows are still missing: `fruitless`, `stopped`, or the code of the server's fault. */
  readonly ended?: string;
}

/**
 * Has the LLM write rows of a label until the target is met, and gives each to `keep` as it is accepted. Ends short of
 * the target after so many attempts in a row that brought nothing, when the run stops, and when the server cannot be
 * used at all. A fault of one attempt never ends it.
 */
export async function writeLabel(
  writer: Writer,
  work: LabelWork,
  keep: (row: PreparedRow, attempt: number) => void,
): Promise<LabelResult> {
  const { task, label, target, pool } = work;
  const rejected: Record<string, number> = {};
  const reject = (why: string): void => {
    rejected[why] = (rejected[why] ?? 0) + 1;
  };
  let attempt = work.attemptsBefore;
  let fruitless = 0;
  let ended: string | undefined;
  while (pool.count(task.name, label) < target && ended === undefined) {
    if (writer.stop.soon.aborted) ended = "stopped";
    else if (writer.givenUp !== undefined) ended = writer.givenUp;
    else if (fruitless >= writer.settings.max_attempts_per_label) ended = "fruitless";
    if (ended !== undefined) break;
    const seed = seedOf(work, random(work.seed + attemptSeed(task.name, label, attempt)));
    let accepted = 0;
    try {
      const reply = await replyTo(writer, work, seed);
      writer.unanswered = 0;
      const samples = readSamples(reply, task.family === "pair");
      if (samples.length === 0) reject(isRefusal(reply) ? "refusal" : "no_samples");
      for (const sample of samples) {
        if (pool.count(task.name, label) >= target) break;
        const row = rowOf(work, sample, seed, attempt);
        const fault = faultOf(textsOf(row), label, seed, work.known);
        const added = fault ?? pool.add(row);
        if (added !== "added") {
          reject(added);
          continue;
        }
        work.known.add(textsOf(row).join(separator));
        keep(row, attempt);
        accepted++;
      }
    } catch (thrown) {
      if (!(thrown instanceof ChatFault)) throw thrown;
      reject(thrown.code);
      // One bad answer is the label's bad luck; nobody who answers, or a wrong key, is all labels'.
      if (!answered.has(thrown.code)) writer.unanswered++;
      if (unusable.has(thrown.code) || writer.unanswered >= mostUnanswered) {
        writer.givenUp = thrown.code;
      }
    }
    fruitless = accepted > 0 ? 0 : fruitless + 1;
    attempt++;
  }
  return { attempts: attempt - work.attemptsBefore, rejected, ...(ended && { ended }) };
}

/** The key, the model's name or the address is wrong, for every label alike. */
const unusable: ReadonlySet<string> = new Set([
  ...["http_401", "http_402", "http_403", "http_404", "http_405"],
]);
/** Of the request, not of the server. */
const answered: ReadonlySet<string> = new Set([
  "http_400",
  "http_413",
  "http_422",
  "invalid_answer",
]);
const mostUnanswered = 10;

async function replyTo(writer: Writer, work: LabelWork, seed: Seed | undefined): Promise<string> {
  const { llm, settings, server, stop, jsonMode } = writer;
  const { task, label, target, pool } = work;
  const count = Math.min(
    settings.batch_size,
    target - pool.count(task.name, label),
    // The rows of a request stand on one side of a split: of one request there would be no test.
    Math.ceil(target / fewestRequests),
  );
  const json = sampleRequest({
    ...{ task, label, count, seed, jsonMode, model: llm.model },
    ...{ temperature: settings.temperature, topP: settings.top_p, maxTokens: settings.max_tokens },
  });
  const headers: Record<string, string> =
    llm.apiKey === undefined ? {} : { authorization: `Bearer ${llm.apiKey}` };
  const request = { json, headers, timeoutMs: settings.timeout_seconds * 1000, stream: false };
  try {
    return (await ask(server, request, { retries: settings.max_retries, stop })).text;
  } catch (thrown) {
    const fault = thrown instanceof ChatFault ? thrown.code : undefined;
    if (fault === undefined && stop.soon.aborted) return "";
    if (!jsonMode || (fault !== "http_400" && fault !== "http_422")) throw thrown;
    writer.jsonMode = false;
    return replyTo(writer, work, seed);
  }
}

const fewestRequests = 10;

const seedOf = ({ seeds }: LabelWork, next: Random): Seed | undefined =>
  seeds[Math.floor(next() * seeds.length)];

/** Each attempt of each label has its own, in whatever order the labels are worked on. */
const attemptSeed = (task: string, label: string, attempt: number): number =>
  Number.parseInt(
    Buffer.from(hashed(task, label, `${attempt}`))
      .toString("hex")
      .slice(0, 7),
    16,
  );

function rowOf(
  { task, label, seeds }: LabelWork,
  sample: Sample,
  seed: Seed | undefined,
  attempt: number,
): PreparedRow {
  const [a, b] = sample;
  // Of few seeds each would be a large part of a label: their attempts are told apart.
  const from = seed !== undefined && seeds.length >= fewSeeds ? seed.join("\0") : `${attempt}`;
  const common = {
    task: task.name,
    label,
    source: `llm:${task.name}:${label}`,
    group: hashed("llm", seeds.length >= fewSeeds ? "" : labelKey(task.name, label), from),
    license: synthetic,
  };
  return cleaned(b === undefined ? { text: a, ...common } : { text_a: a, text_b: b, ...common });
}

const fewSeeds = 30;

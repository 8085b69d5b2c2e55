import type { Stop } from "../../../chat/ask.ts";
import { connectionTo } from "../../../chat/post-chat.ts";
import type { Task } from "../../../tasks.ts";
import type { Llm } from "../../pipeline/read-pipeline.ts";
import type { LlmSettings } from "../../pipeline/settings.ts";
import type { PreparedRow } from "../../rows.ts";
import { type NearDuplicates, nearDuplicates } from "../near-duplicates.ts";
import { normalTexts, type RowPool } from "../row-pool.ts";
import type { Seed } from "../seed-pools.ts";
import type { Journal } from "./journal.ts";
import { separator } from "./judge-sample.ts";
import { type LabelResult, type Writer, writeLabel } from "./write-label.ts";

/** A label that has too few rows. */
export interface Gap {
  readonly task: Task;
  readonly label: string;
  readonly target: number;
}

export interface BackfillJob {
  readonly writer: Writer;
  readonly gaps: readonly Gap[];
  readonly pool: RowPool;
  readonly seeds: readonly Seed[];
  readonly journal: Journal;
  readonly seed: number;
  readonly onRow?: ((row: PreparedRow) => void) | undefined;
}

export interface Backfilled {
  readonly task: string;
  readonly label: string;
  readonly result: LabelResult;
}

/**
 * Has an LLM write what the gaps miss, several labels at once, and keeps each row in the journal as it comes. Never
 * rejects for the LLM's faults: what a label lacks in the end is told by its result.
 */
export async function backfill(job: BackfillJob): Promise<readonly Backfilled[]> {
  const { writer, gaps, pool, seeds, journal, seed } = job;
  const known = knownTexts(pool, gaps);
  const results: Backfilled[] = [];
  const keep = (row: PreparedRow, attempt: number): void => {
    journal.add(row, attempt);
    job.onRow?.(row);
  };
  const waiting = gaps.values();
  const work = async (): Promise<void> => {
    for (const { task, label, target } of waiting) {
      const attemptsBefore = journal.nextAttempt(task.name, label);
      const result = await writeLabel(
        writer,
        { task, label, target, pool, seeds, seed, attemptsBefore, known: known.of(task) },
        keep,
      );
      known.done(task);
      results.push({ task: task.name, label, result });
    }
  };
  await Promise.all(Array.from({ length: writer.settings.concurrency }, work));
  return results;
}

/** `close` lets its connections go. */
export function openWriter(
  llm: Llm,
  settings: LlmSettings,
  stop: Stop,
): { readonly writer: Writer; close(): void } {
  const server = { ...connectionTo(llm.endpoint, settings.concurrency), notBefore: 0 };
  return {
    writer: { llm, settings, server, stop, jsonMode: true, unanswered: 0 },
    close: () => server.agent.destroy(),
  };
}

/** The texts of each task by likeness, from its first label to its last. */
function knownTexts(pool: RowPool, gaps: readonly Gap[]) {
  const known = new Map<string, NearDuplicates>();
  const left = new Map<string, number>();
  for (const { task } of gaps) left.set(task.name, (left.get(task.name) ?? 0) + 1);
  return {
    of({ name }: Task): NearDuplicates {
      const before = known.get(name);
      if (before) return before;
      const made = nearDuplicates();
      for (const row of pool.rows)
        if (row.task === name) made.add(normalTexts(row).join(separator));
      known.set(name, made);
      return made;
    },
    done({ name }: Task): void {
      const count = (left.get(name) ?? 1) - 1;
      left.set(name, count);
      if (count === 0) known.delete(name);
    },
  };
}

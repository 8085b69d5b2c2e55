import { join } from "node:path";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { QueryHashes } from "./query-hashes.ts";

/** What made the model files of a folder: training.json beside them. */
export const RunRecord = z.object({
  format: z.literal(1),
  date: z.string().optional(),
  data: z.object({
    file: z.string(),
    sha256: z.string(),
    records: z.int(),
    /** Distinct queries that were trained on. */
    queries: z.int(),
    /** In the file; an estimate when not all were trained on. */
    queries_seen: z.int(),
    skipped: z.record(z.string(), z.int()),
  }),
  /** The share of the queries that was not trained on; `validate` of the same file judges on it. */
  hold_out: z.object({ share: z.number(), seed: z.int(), queries: z.int() }).optional(),
  options: z.record(z.string(), z.unknown()),
  embedder: z.object({ name: z.string(), revision: z.string() }),
  versions: z.record(z.string(), z.string()),
  selectors: z.array(
    z.object({
      algorithm: z.string(),
      files: z.array(z.object({ file: z.string(), sha256: z.string() })),
      settings: z.unknown(),
      cross_validation: z.unknown().optional(),
      /** In cross-validation. Absent where there were too few queries for one. */
      beats_category_table: z.boolean().optional(),
      tried: z.unknown(),
    }),
  ),
  /** Of what was trained on; of all that is written this much is read. */
  statistics: z.object({
    models: z.array(z.object({ name: z.string(), quality: z.number() })).readonly(),
  }),
});
export type RunRecord = z.infer<typeof RunRecord>;

export const runRecordFile = "training.json";
export const queryHashesFile = "training_queries.json";

export interface Run {
  readonly record: RunRecord;
  readonly queries: QueryHashes;
}

/**
 * Writes both files. Selectors of an earlier run stay recorded when it was trained on the same queries: the hashes are
 * theirs too.
 */
export async function writeRun(
  folder: string,
  { record, queries }: Run,
): Promise<readonly string[]> {
  const earlier = await readRun(folder).catch(() => undefined);
  const same = earlier?.queries.salt === queries.salt && earlier.queries.hashes === queries.hashes;
  const others = same
    ? earlier.record.selectors.filter(
        ({ algorithm }) => !record.selectors.some((one) => one.algorithm === algorithm),
      )
    : [];
  const whole = { ...record, selectors: [...record.selectors, ...others] };
  const paths = [join(folder, runRecordFile), join(folder, queryHashesFile)] as const;
  await writeAtomic(paths[0], `${JSON.stringify(whole, undefined, 2)}\n`);
  await writeAtomic(paths[1], `${JSON.stringify(queries)}\n`);
  return paths;
}

/** Undefined where there is none. Rejects with RouterError `artifact_invalid` when it cannot be read. */
export async function readRun(folder: string): Promise<Run | undefined> {
  const [record, queries] = await Promise.all([
    readJson(join(folder, runRecordFile), RunRecord),
    readJson(join(folder, queryHashesFile), QueryHashes),
  ]);
  return record && queries && { record, queries };
}

/** 500,000 hashes, and room. */
const maxBytes = 16 * 1024 ** 2;

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const refusal = { code: "artifact_invalid", remedy: "Train again, or delete it" } as const;
  const missing = { code: "model_not_found", remedy: "Train again" } as const;
  try {
    const limits = { unreadable: missing, tooLarge: refusal };
    const bytes = await readBounded(path, maxBytes, limits);
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.code === "model_not_found") return undefined;
    if (thrown instanceof RouterError) throw thrown;
    throw new RouterError(
      "artifact_invalid",
      `${path} is not what signalbox train writes`,
      refusal.remedy,
      { cause: thrown },
    );
  }
}

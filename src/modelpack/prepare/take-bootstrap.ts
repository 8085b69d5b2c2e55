import { existsSync } from "node:fs";
import { join } from "node:path";
import { findTask } from "../../tasks.ts";
import type { PrepareSettings } from "../pipeline/settings.ts";
import { cleanText, maxTextLength, splits } from "../rows.ts";
import { textIn } from "./column-text.ts";
import { readTable } from "./read-table.ts";
import type { RowPool } from "./row-pool.ts";
import { sampleRows } from "./sample-rows.ts";

/**
 * Rows of `memory_type` that an older system prepared: `train.parquet`, `test.parquet` and `eval.parquet` with the
 * columns `text` and `label`. Labels that the task has not are left out. Their licence is `local`. Rejects with RouterError
 * `training_data_invalid`.
 */
export async function takeBootstrap(
  folder: string,
  pool: RowPool,
  { seed, max_rows_per_source: most, target_per_task_label: target }: PrepareSettings,
): Promise<void> {
  const labels = new Set(findTask("memory_type")?.labels);
  for (const [at, split] of splits.entries()) {
    const path = join(folder, `${split}.parquet`);
    if (folder === "" || !existsSync(path)) continue;
    const { rows } = await sampleRows(readTable(path), most, seed + at);
    for (const row of rows) {
      const [label, text] = [textIn(row, "label"), textIn(row, "text")];
      if (label === undefined || text === undefined || !labels.has(label)) continue;
      if (pool.count("memory_type", label) >= target) continue;
      pool.add({
        text: cleanText(text, maxTextLength.single),
        ...{ task: "memory_type", label, source: `local:${split}`, license: "local" },
      });
    }
  }
}

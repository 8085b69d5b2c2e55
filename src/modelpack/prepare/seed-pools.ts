import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Random, shuffled } from "../../math/random.ts";
import { type Family, families } from "../../tasks.ts";
import { cleanText, maxTextLength } from "../rows.ts";
import { seedPair, seedTexts } from "./column-text.ts";
import { readTable, type TableRow } from "./read-table.ts";

/** What an LLM is shown to write something else of the same kind. */
export type Seed = readonly [string] | readonly [string, string];

/** Texts that related data sets offer, by the family that they were named for. */
export interface SeedPools {
  add(target: Family | "seed", row: TableRow): void;
  /** Those of a family, else those of the others; empty when there are none at all. */
  of(family: Family): readonly Seed[];
}

/** As the reference: more do not make the texts more various. */
const mostOfSource = 10_000;

export function seedPools(): SeedPools {
  const pools = { router: newPool(), extractor: newPool(), pair: newPool() };
  return {
    add(target, row) {
      const singles = seedTexts(row).map((text): Seed => [cleanText(text, maxTextLength.single)]);
      const pair = seedPair(row)?.map((text) => cleanText(text, maxTextLength.pair));
      for (const family of target === "seed" ? families : [target]) {
        const [a = "", b = ""] = pair ?? [];
        if (family === "pair") pools.pair.add(a !== "" && b !== "" ? [[a, b]] : []);
        else pools[family].add(singles.filter(([text]) => text !== ""));
      }
    },
    of(family) {
      const own = pools[family].seeds;
      if (own.length > 0 || family === "pair") return own;
      return families.filter((one) => one !== "pair").flatMap((one) => pools[one].seeds);
    },
  };
}

function newPool() {
  const known = new Set<string>();
  const seeds: Seed[] = [];
  return {
    seeds: seeds as readonly Seed[],
    add(more: readonly Seed[]): void {
      for (const seed of more) {
        const key = seed.join("\0");
        if (seeds.length >= mostOfSource * mostSources || known.has(key)) continue;
        known.add(key);
        seeds.push(seed);
      }
    },
  };
}

const mostSources = 4;

/** So many rows of a data set are enough for seeds; which ones is chance. */
export function rowsForSeeds(rows: readonly TableRow[], next: Random): readonly TableRow[] {
  if (rows.length <= mostOfSource) return rows;
  const chosen = shuffled(rows.length, next).subarray(0, mostOfSource);
  return Array.from(chosen, (at) => rows[at] as TableRow);
}

const rawForm = /\.(?:parquet|csv|jsonl|txt|en)$/i;

/** The first rows of each raw file at the top of a folder. A file that cannot be read is named in `warnings`. */
export async function addLocalSeeds(
  pools: SeedPools,
  folder: string,
  mostRows: number,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => rawForm.test(name)) : [];
  for (const name of names.toSorted()) {
    let count = 0;
    try {
      for await (const row of readTable(join(folder, name))) {
        if (count++ >= mostRows) break;
        pools.add("seed", row);
      }
    } catch (thrown) {
      warnings.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  return warnings;
}

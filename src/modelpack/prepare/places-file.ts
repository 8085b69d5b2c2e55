import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { RouterError } from "../../errors.ts";
import { writeAtomic } from "../../files/write-atomic.ts";
import type { Family } from "../../tasks.ts";
import { type Split, splits } from "../rows.ts";
import type { Places } from "./assign-splits.ts";

const placesName = (family: Family): string => `${family}_places.json.gz`;

/** Where rows stood that an earlier run had. Rejects with RouterError `training_data_invalid`. */
export function readPlaces(folder: string, family: Family): Places {
  const path = join(folder, placesName(family));
  if (!existsSync(path)) return new Map();
  try {
    const value = StoredPlaces.parse(JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")));
    return new Map(splits.flatMap((split) => value[split].map((mark) => [mark, split] as const)));
  } catch (cause) {
    throw new RouterError(
      "training_data_invalid",
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Restore the file, or remove it: rows that are not in the splits at present then get new places",
      { cause },
    );
  }
}

const StoredPlaces = z.object({
  train: z.array(z.string()),
  test: z.array(z.string()),
  eval: z.array(z.string()),
});

export function writePlaces(folder: string, family: Family, places: Places): Promise<void> {
  const stored: Record<Split, string[]> = { train: [], test: [], eval: [] };
  for (const [mark, split] of places) stored[split].push(mark);
  return writeAtomic(join(folder, placesName(family)), gzipSync(JSON.stringify(stored)));
}

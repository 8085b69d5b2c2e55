import type { PreparedRow, Split } from "../rows.ts";
import { defaultTrainSettings, type TrainSettings } from "../training/settings.ts";
import { trainPack } from "../training/train-pack.ts";
import { writeRows } from "./toy-rows.ts";

/** Trains the router family on a few rows, in a moment, where the rows are written too. */
export async function trainToy(
  folder: string,
  rows: Readonly<Partial<Record<Split, readonly PreparedRow[]>>>,
  settings: Partial<TrainSettings> = {},
): Promise<void> {
  writeRows(folder, "router", rows);
  await trainPack({
    families: ["router"],
    preparedDir: folder,
    outputDir: folder,
    settings: { ...defaultTrainSettings, maxIter: 4, ...settings },
    configPath: null,
    date: null,
    tool: "test",
    onEpoch: () => undefined,
    onFamily: () => undefined,
  });
}

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../../files/write-atomic.ts";
import type { Family } from "../../tasks.ts";
import { headerName, isTensorsName } from "../model/header.ts";
import { type FamilyFiles, figureNames } from "./family-files.ts";

/**
 * Wherever it is stopped, the folder's model opens: the old one until the header takes the place of the old header, and
 * then the new one. Figures of the old model that the new one has none of are removed. Rejects with RouterError
 * `output_unwritable`.
 */
export async function writeFamily(
  folder: string,
  family: Family,
  { model, tensorsName, figures }: Pick<FamilyFiles, "model" | "tensorsName" | "figures">,
): Promise<void> {
  const at = (name: string): string => join(folder, name);
  await writeAtomic(at(tensorsName), model.tensors);
  for (const name of figureNames(family)) {
    const content = figures.get(name);
    await (content === undefined ? rm(at(name), { force: true }) : writeAtomic(at(name), content));
  }
  await writeAtomic(at(headerName(family)), model.header);
  for (const name of await readdir(folder)) {
    if (name !== tensorsName && isTensorsName(name, family)) await rm(at(name), { force: true });
  }
}

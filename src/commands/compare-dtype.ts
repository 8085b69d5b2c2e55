import { type Agreement, agreement } from "../embed/agreement.ts";
import type { Dtype } from "../embed/model-file.ts";
import type { ModelFolder } from "../embed/model-folder.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { RouterError } from "../errors.ts";
import { textOf, windows, windowTexts } from "./text-lines.ts";

export interface Compared extends Agreement {
  readonly dtype: Dtype;
  readonly against: Dtype;
  /** Relative to the model's folder, in the order of `dtype` and `against`. */
  readonly files: readonly [string, string];
}

/** Their vectors are kept, 4 KiB for each text and dtype. */
const maxTexts = 50_000;

/** How alike the vectors of each dtype are to those of the first, over the texts of a file of lines. */
export async function compareDtypes(
  input: string,
  [against, ...others]: readonly Dtype[],
  folderOf: (dtype: Dtype) => ModelFolder,
): Promise<readonly Compared[]> {
  if (!against || others.length === 0) throw new Error("unreachable: two dtypes are compared");
  // A dtype that is not there is said before the first of them has run for minutes.
  const reference = folderOf(against);
  const folders = others.map((dtype) => ({ dtype, folder: folderOf(dtype) }));
  const texts: string[] = [];
  for await (const window of windows(input)) {
    texts.push(...window.map(textOf));
    if (texts.length > maxTexts) throw unusable(`more than ${maxTexts} texts`, "Give fewer");
  }
  if (texts.length === 0) throw unusable("no texts", "Give some with --input");
  const expected = await vectorsOf(texts, reference);
  const results: Compared[] = [];
  for (const { dtype, folder } of folders) {
    const files = [folder.modelFile, reference.modelFile] as const;
    results.push({ dtype, against, files, ...agreement(await vectorsOf(texts, folder), expected) });
  }
  return results;
}

/** One model at a time is open: two of 2.4 GB need not be in memory together. */
async function vectorsOf(texts: readonly string[], folder: ModelFolder): Promise<Float32Array[]> {
  const embedder = await openEmbedder({ folder, maxWaiting: windowTexts, cacheEntries: 0 });
  try {
    const vectors: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += windowTexts) {
      const embedded = await embedder.embed(texts.slice(at, at + windowTexts));
      vectors.push(...embedded.map(({ vector }) => vector));
    }
    return vectors;
  } finally {
    await embedder.close();
  }
}

const unusable = (reason: string, remedy: string) =>
  new RouterError("invalid_request", `${reason} to compare`, remedy);

export const comparedJson = (results: readonly Compared[]): string =>
  JSON.stringify({
    results: results.map(({ sameNearest, ...rest }) => ({
      ...rest,
      same_nearest: sameNearest ?? null,
    })),
  });

export function comparedText({ dtype, against, texts, cosine, sameNearest }: Compared): string {
  const cosines = Object.entries(cosine).map(([name, value]) => `${name} ${value.toFixed(6)}`);
  const nearest =
    sameNearest === undefined ? "" : `\n  same nearest text ${(100 * sameNearest).toFixed(1)} %`;
  return `${dtype} against ${against}, ${texts} texts\n  cosine ${cosines.join(", ")}${nearest}`;
}

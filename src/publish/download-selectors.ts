import { RouterError } from "../errors.ts";
import { type Downloaded, type DownloadRequest, downloadRepository } from "../hub/download.ts";
import { repositoryText } from "../hub/repository.ts";
import { type Algorithm, algorithms, modelFileNames } from "./selector-folder.ts";

export interface SelectorDownload extends Omit<DownloadRequest, "choose"> {
  readonly outputFolder: string;
  readonly algorithm: "all" | Algorithm;
}

/**
 * Brings the model files of a repository into a folder, with its README.md and what `train` recorded. `missing` are algorithms that it has no file
 * of. Rejects as `downloadRepository` does, and with `model_not_found` when nothing that is wanted is there.
 */
export async function downloadSelectors({
  algorithm,
  ...request
}: SelectorDownload): Promise<Downloaded & { readonly missing: readonly Algorithm[] }> {
  const wanted = algorithm === "all" ? algorithms : [algorithm];
  let missing: readonly Algorithm[] = [];
  const downloaded = await downloadRepository({
    ...request,
    choose(files) {
      const has = (one: Algorithm) => modelFileNames(one).filter((name) => files.includes(name));
      missing = wanted.filter((one) => has(one).length === 0);
      if (missing.length === wanted.length) throw nothing(request, wanted);
      return [...wanted.flatMap(has), ...files.filter((name) => besides.has(name))];
    },
  });
  return { ...downloaded, missing };
}

/** What tells of the model files, and what `validate` finds leakage by. */
const besides: ReadonlySet<string> = new Set([
  "README.md",
  "training.json",
  "training_queries.json",
]);

const nothing = (
  { repository }: Pick<DownloadRequest, "repository">,
  wanted: readonly Algorithm[],
) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${repositoryText(repository)} has no ${wanted.join(", ")} file`,
    "Correct --repo-id or --algorithm",
  );

/** A file of a repository of records, or all of them. Rejects as `downloadRepository` does. */
export function downloadRecords(
  request: Omit<DownloadRequest, "choose"> & { readonly file?: string | undefined },
): Promise<Downloaded> {
  const { file } = request;
  return downloadRepository({
    ...request,
    choose(files) {
      const chosen = files.filter((name) =>
        file === undefined ? recordsForm.test(name) : name === file,
      );
      if (chosen.length > 0) return chosen;
      throw new RouterError(
        "model_not_found",
        `${repositoryText(request.repository)} has no ${file === undefined ? "JSONL file" : JSON.stringify(file.slice(0, 200))}`,
        "Correct --repo-id or --file",
      );
    },
  });
}

const recordsForm = /^[A-Za-z0-9_][A-Za-z0-9._/-]*\.jsonl(?:\.gz)?$/;

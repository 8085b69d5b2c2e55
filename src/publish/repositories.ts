import { RouterError } from "../errors.ts";
import { parseRepository, type Repository } from "../hub/repository.ts";

/** Of the reference's tools, which publish there. */
export const defaultModelRepository = "abdallah1008/semantic-router-ml-models";
export const defaultDataRepository = "abdallah1008/ml-selection-benchmark-data";

export interface Named {
  readonly repoId?: string | undefined;
  readonly revision?: string | undefined;
  readonly trainingData?: boolean | undefined;
}

/** The repository that the options name. Throws RouterError `config_invalid`. */
export function namedRepository({ repoId, revision, trainingData = false }: Named): Repository {
  const id = repoId ?? (trainingData ? defaultDataRepository : defaultModelRepository);
  const parsed = parseRepository(revision === undefined ? id : `${id}@${revision}`);
  if (parsed) return { ...parsed, kind: trainingData ? "dataset" : "model" };
  throw new RouterError(
    "config_invalid",
    `${JSON.stringify(id.slice(0, 200))}${revision === undefined ? "" : " with this revision"} names no repository`,
    "Write owner/name, and a branch, tag or commit for --revision",
  );
}

import { RouterError } from "../errors.ts";

/**
 * By model: may it be selected? Every model may when there is no list of candidates. Throws RouterError
 * `selector_no_candidate` when none may.
 */
export function allowedModels(
  models: readonly string[],
  candidates: readonly string[] | undefined,
): readonly boolean[] {
  if (!candidates) return models.map(() => true);
  const wanted = new Set(candidates);
  const allowed = models.map((model) => wanted.has(model));
  if (allowed.includes(true)) return allowed;
  throw new RouterError(
    "selector_no_candidate",
    `The selector knows ${listed(models)}; the candidates are ${listed(candidates)}`,
    "Train the selector on these candidates, or name models that it knows in modelRefs",
  );
}

/** Models that a message names before it only counts. */
const maxListed = 8;

const listed = (names: readonly string[]): string => {
  if (names.length === 0) return "no model";
  const rest = names.length - maxListed;
  return names.slice(0, maxListed).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
};

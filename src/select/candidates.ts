import { RouterError } from "../errors.ts";

/** By model: may it be selected? */
export type Allowed = readonly boolean[];

/**
 * Every model may when there is no list of candidates. Throws RouterError `selector_no_candidate` when none may.
 */
export function allowedModels(
  models: readonly string[],
  candidates: readonly string[] | undefined,
): Allowed {
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

/**
 * `allowedModels` of one selector, worked out once for each list: a decision asks with the same list every time. Equal
 * answers are the same object, so that more can be kept with them.
 */
export function allowedOnce(
  models: readonly string[],
): (candidates: readonly string[] | undefined) => Allowed {
  const every = allowedModels(models, undefined);
  const known = new WeakMap<readonly string[], { list: readonly string[]; allowed: Allowed }>();
  return (candidates) => {
    if (!candidates) return every;
    const found = known.get(candidates);
    // The list is the caller's, and may have been changed since.
    if (found && sameList(found.list, candidates)) return found.allowed;
    const allowed = allowedModels(models, candidates);
    known.set(candidates, { list: [...candidates], allowed });
    return allowed;
  };
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Models that a message names before it only counts. */
const maxListed = 8;

const listed = (names: readonly string[]): string => {
  if (names.length === 0) return "no model";
  const rest = names.length - maxListed;
  return names.slice(0, maxListed).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
};

import { z } from "zod";
import { didYouMean } from "./nearest.ts";
import { either, type Path, pathText } from "./problem.ts";
import { RouterConfig } from "./schema.ts";

type Schema = z.core.$ZodType;

/** More homes than this, and the key's name says too little about what was meant. */
const maxHomes = 3;

/** What to say after `unknown key`: the key that was meant, or where this one belongs; nothing when neither is near. */
export function suggestionFor(path: Path, key: string): string {
  const siblings = schemasAt(RouterConfig, path).flatMap(keysOf);
  const suggestion = didYouMean(key, siblings);
  if (suggestion) return suggestion;
  const homes = homesOf(key, path);
  if (homes.length === 0 || homes.length > maxHomes) return "";
  return ` (it belongs under ${either(homes)})`;
}

/** Of the whole schema; found once, and only when a file has an unknown key. */
let allKeys: readonly Place[] | undefined;

interface Place {
  readonly key: string;
  readonly home: Path;
}

/** The places that have such a key, those alone that share most of the way with `path`. */
function homesOf(key: string, path: Path): readonly string[] {
  const shared = (home: Path) => home.findIndex((step, i) => !sameStep(step, path[i]));
  allKeys ??= everyKey(RouterConfig, [], []);
  const homes = allKeys
    .filter((place) => place.key === key)
    .map(({ home }) => ({ home, common: shared(home) < 0 ? home.length : shared(home) }));
  const most = Math.max(...homes.map(({ common }) => common));
  return homes.filter(({ common }) => common === most).map(({ home }) => homeText(home));
}

/** An item of a list stands for every item of it. */
const sameStep = (a: string | number, b: string | number | undefined): boolean =>
  a === b || (typeof a === "number" && typeof b === "number");

const homeText = (home: Path): string => pathText(home).replaceAll("[0]", "[]") || "the top level";

function everyKey(schema: Schema, home: Path, above: readonly Schema[]): readonly Place[] {
  const bare = unwrapped(schema);
  // Rules hold rules.
  if (above.includes(bare)) return [];
  const inside = [...above, bare];
  if (bare instanceof z.ZodArray) return everyKey(bare.element, [...home, 0], inside);
  if (!(bare instanceof z.ZodObject)) return [];
  return Object.entries<Schema>(bare.shape).flatMap(([key, value]) => [
    { key, home },
    ...everyKey(value, [...home, key], inside),
  ]);
}

/** The schemas that a value at `path` may follow: several below a union, none where the schema has no such place. */
function schemasAt(schema: Schema, path: Path): readonly Schema[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => schemasAt(option, path));
  const [step, ...rest] = path;
  if (step === undefined) return [bare];
  if (bare instanceof z.ZodArray) return schemasAt(bare.element, rest);
  if (bare instanceof z.ZodRecord) return schemasAt(bare.valueType, rest);
  const next: Schema | undefined = bare instanceof z.ZodObject ? bare.shape[step] : undefined;
  return next ? schemasAt(next, rest) : [];
}

const keysOf = (schema: Schema): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

/** Without what says only that a value may be missing. */
function unwrapped(schema: Schema): Schema {
  const wrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapper ? unwrapped(schema.unwrap()) : schema;
}

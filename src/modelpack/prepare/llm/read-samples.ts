/** One text, or two. */
export type Sample = readonly [string] | readonly [string, string];

/**
 * The samples of an LLM's reply: of a JSON object with `samples`, of a list, in a fence or in prose. Of a reply that
 * was cut off the whole objects before the cut. Bare strings count where one text is wanted. Empty for anything else.
 */
export function readSamples(reply: string, pair: boolean): readonly Sample[] {
  const [, fenced] = /```(?:json)?\s*([\s\S]*?)(?:```|$)/i.exec(reply) ?? [];
  for (const text of fenced === undefined ? [reply] : [fenced, reply]) {
    const found = wholeOf(text) ?? salvaged(text);
    const samples = found.flatMap((one) => sampleOf(one, pair));
    if (samples.length > 0) return samples;
  }
  return [];
}

function wholeOf(text: string): readonly unknown[] | undefined {
  const from = text.search(/[[{]/);
  const to = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  if (from < 0 || to < from) return undefined;
  try {
    return listIn(JSON.parse(text.slice(from, to + 1)));
  } catch {
    return undefined;
  }
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return [];
  const list = Object.values(value).find(Array.isArray);
  return list ?? [value];
}

/** Objects, or texts in a list, that are whole in what is not: an object without objects in it. */
function salvaged(text: string): readonly unknown[] {
  const objects = text.match(/\{[^{}]*\}/g) ?? [];
  return objects.flatMap((one) => {
    try {
      return [JSON.parse(one) as unknown];
    } catch {
      return [];
    }
  });
}

function sampleOf(value: unknown, pair: boolean): readonly Sample[] {
  if (typeof value === "string") return pair ? [] : [[value]];
  const { text, text_a: a, text_b: b } = Object(value);
  if (pair) return typeof a === "string" && typeof b === "string" ? [[a, b]] : [];
  return typeof text === "string" ? [[text]] : [];
}

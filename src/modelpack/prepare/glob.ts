/** Whoever writes a longer one wants something else. */
const maxPattern = 256;

/**
 * Whether a pattern fits the whole text: `?` is a character and `*` any number of them, both without a slash; `**` with
 * slashes; and `**` with a slash behind it any folders or none. In time that grows with both lengths, whatever the
 * pattern.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  if (pattern.length > maxPattern) return false;
  let places = new Set([0]);
  for (const [part] of pattern.matchAll(/\*\*\/|\*\*|\*|[\s\S]/g)) {
    const next = new Set<number>();
    for (const place of places) for (const after of placesAfter(part, text, place)) next.add(after);
    places = next;
  }
  return places.has(text.length);
}

/** Where a part of the pattern may end that begins at a place. */
function placesAfter(part: string, text: string, place: number): readonly number[] {
  const rest = text.slice(place);
  const upTo = (end: number): readonly number[] =>
    Array.from({ length: end - place + 1 }, (_, more) => place + more);
  if (part === "**") return upTo(text.length);
  if (part === "**/") return upTo(text.length).filter((at) => at === place || text[at - 1] === "/");
  if (part === "*") return upTo(rest.includes("/") ? text.indexOf("/", place) : text.length);
  if (place >= text.length) return [];
  const fits = part === "?" ? text[place] !== "/" : text[place] === part;
  return fits ? [place + 1] : [];
}

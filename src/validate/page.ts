import { shownName } from "./console-text.ts";
import type { Chart } from "./draw.ts";

/** Nothing may be fetched and no script may run, whatever a name holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const style = `
  body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #222;
    max-width: 1000px; margin: 2rem auto; padding: 0 1rem; background: #fff; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; width: 100%; }
  th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid #e5e5e5; }
  td, th { white-space: nowrap; }
  th:first-child, td:first-child { white-space: normal; text-align: left; overflow-wrap: anywhere; }
  tr.selector td { background: #eef5fb; }
  .warning { border-left: 4px solid #d55e00; background: #fdf3ec; padding: .5rem .9rem; margin: .5rem 0; overflow-wrap: anywhere; }
  ul.warning { padding-left: 1.8rem; }
  .facts, figcaption { color: #555; font-size: 13px; overflow-wrap: anywhere; }
  .legend { list-style: none; margin: 0 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: 13px; }
  .legend li { overflow-wrap: anywhere; } .legend i { display: inline-block; width: 12px; height: 12px; margin-right: .4rem; border-radius: 2px; }
  .wide { overflow-x: auto; }
  figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
`;

/** One file, readable with nothing else and without scripts. `title` is text, `body` is HTML. */
export const pageOf = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${renumbered(body)}
</body>
</html>
`;

/** The library that draws counts names on and on in a process, and the same report is to be the same bytes. */
function renumbered(body: string): string {
  const names = new Map<string, string>();
  return body.replaceAll(/\bzr\d+-(cls-|[a-z])\d+/g, (name, kind: string) => {
    const known = names.get(name) ?? `zr-${kind}${names.size}`;
    names.set(name, known);
    return known;
  });
}

/** Each under its title. */
export const figures = (charts: readonly Chart[]): string =>
  charts
    .map(
      ({ title, caption, svg, legend = [] }) =>
        `<h2>${title}</h2>\n<figure>${legendOf(legend)}${svg}<figcaption>${caption}</figcaption></figure>`,
    )
    .join("\n");

const legendOf = (entries: NonNullable<Chart["legend"]>): string =>
  entries.length === 0
    ? ""
    : `<ul class="legend">${entries.map(({ name, colour }) => `<li><i style="background:${colour}"></i>${escapeHtml(name)}</li>`).join("")}</ul>`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string =>
  shownName(text).replaceAll(/[&<>"']/g, (character) => entities[character] as string);

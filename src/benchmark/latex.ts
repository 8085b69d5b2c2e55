const token = /\\(?:boxed|fbox)\s*\{|\\(?:boxed|fbox)\s+([^\s{}$\\]+)|\\.|[{}]/gs;

/** The content of the last `\boxed{}` or `\fbox{}` whose braces balance. */
export function boxed(text: string): string | undefined {
  let last: { readonly from: number; readonly content: string } | undefined;
  /** Where each open group begins; undefined for one that is no box. */
  const open: (number | undefined)[] = [];
  const keep = (from: number, content: string): void => {
    if (!last || from > last.from) last = { from, content };
  };
  for (const { 0: found, 1: bare, index } of text.matchAll(token)) {
    if (bare !== undefined) keep(index, bare);
    else if (found === "{") open.push(undefined);
    else if (found.endsWith("{") && found.length > 2) open.push(index + found.length);
    else if (found === "}") {
      const from = open.pop();
      if (from !== undefined) keep(from, text.slice(from, index));
    }
  }
  return last?.content;
}

/** One spelling for the ways to set the same value: spaces, sizes of brackets and fractions, units, degree marks. */
export function normalLatex(text: string): string {
  return (
    text
      .trim()
      .replace(/^\$+|\$+$|^\\[([]|\\[)\]]$/g, "")
      .replace(/\n/g, "")
      .replaceAll("{,}", ",")
      .replace(/\\[!,;: ]|~/g, "")
      .replace(/\\\\/g, "\\")
      .replace(/\\(?:left|right|displaystyle|bigl?|bigr?|Bigl?|Bigr?)(?![A-Za-z])/g, "")
      .replace(/\\[tdc]frac/g, "\\frac")
      .replace(/\\frac\s*(\d)\s*(\d)/g, "\\frac{$1}{$2}")
      .replace(/\\frac\s*(\d)\s*\{/g, "\\frac{$1}{")
      .replace(/\\sqrt\s*(\d)/g, "\\sqrt{$1}")
      .replace(/\^\s*\{?\s*\\circ\s*\}?|°|\\degree/g, "")
      .replace(
        /\\text\{\s*(?:cm|m|mm|km|inches|feet|square units|units|degrees|dollars|cents)\s*\}(?:\^\{?\d\}?)?/g,
        "",
      )
      .replace(/\\(?:text|mathrm|textbf|mathbf|mbox)\{([^{}]*)\}/g, "$1")
      .replace(/\\[$%]|[$%]/g, "")
      .replace(/\\(?:cdot|times)(?![A-Za-z])/g, "*")
      .replace(/\\(?:le|leq|leqslant)(?![A-Za-z])/g, "<=")
      .replace(/\\(?:ge|geq|geqslant)(?![A-Za-z])/g, ">=")
      .replace(/(^|[^\d])\.(\d)/g, "$10.$2")
      .replace(/(\d),(?=\d{3}(?!\d)(?:[^\d]|$))/g, "$1")
      // A label of the value, as in x = 4; an equation of two sides stays as it is.
      .replace(/^\s*[A-Za-z]{1,2}\s*=(?=[^=]*$)/, "")
      .replace(/[\s−]/g, (found) => (found === "−" ? "-" : ""))
      .replace(/\^\{([A-Za-z0-9])\}/g, "^$1")
      .replace(/\.$/, "")
  );
}

/** The number that normalised LaTeX is: a decimal, a fraction `\frac{a}{b}` or `a/b`, a mixed number; else undefined. */
export function latexNumber(normal: string): number | undefined {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(normal)) return Number(normal);
  const [, sign = "", whole = "0", above, below] =
    /^([-+]?)(\d+)?\\frac\{(-?\d+(?:\.\d+)?)\}\{(-?\d+(?:\.\d+)?)\}$/.exec(normal) ??
    /^([-+]?)()(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(normal) ??
    [];
  if (above === undefined || Number(below) === 0) return undefined;
  const value = Number(whole) + Number(above) / Number(below);
  return sign === "-" ? -value : value;
}

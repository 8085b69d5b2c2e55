import { boxed, latexNumber, normalLatex } from "./latex.ts";
import { sameNumber } from "./numbers.ts";

/** 1 when the response's answer is the truth's, as LaTeX or as a number. The truth may be a whole solution with a box. */
export function scoreMath(response: string, truth: string): number {
  const wanted = normalLatex(boxed(truth) ?? truth);
  return answersIn(response).some((answer) => sameValue(normalLatex(answer), wanted)) ? 1 : 0;
}

/** No answer is longer; an end without a line break may be. */
const maxAnswer = 2000;

/**
 * A box is the answer, whatever else is there. Without one: what follows the last "answer is" or "answer:", else the
 * last formula, the last equation's right side, the last line or the last number. Only an end counts: a number
 * somewhere in the working is no answer.
 */
function answersIn(response: string): readonly string[] {
  const box = boxed(response);
  if (box !== undefined) return [box.slice(0, maxAnswer)];
  const at = response.toLowerCase().lastIndexOf("answer");
  const said =
    at < 0 ? undefined : /^answer(?:\s+is)?\s*[:=]?\s*(\S.*)$/is.exec(response.slice(at))?.[1];
  const end = (said === undefined ? response.slice(-maxAnswer) : said.slice(0, maxAnswer)).trim();
  const line = (said === undefined ? end.split("\n").at(-1) : end.split("\n")[0])?.trim() ?? "";
  const formulas = [...line.matchAll(/\${1,2}([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]/gs)];
  const formula = formulas.at(-1);
  const inner = formula && (formula[1] ?? formula[2] ?? formula[3]);
  if (inner !== undefined) return [inner, inner.split("=").at(-1) ?? ""];
  const right = line.split("=").at(-1) ?? "";
  const word =
    line
      .replace(/[.!]+$/, "")
      .split(/\s+/)
      .at(-1) ?? "";
  return [line, right, word.replace(/^[*_]+|[*_]+$/g, ""), line.replace(/[*_]{2}/g, "")];
}

function sameValue(a: string, b: string): boolean {
  if (a === b) return a !== "";
  const [left, right] = [latexNumber(a), latexNumber(b)];
  if (left !== undefined && right !== undefined) return sameNumber(left, right);
  return a.toLowerCase() === b.toLowerCase() && a !== "" && /^[A-Za-z\s]+$/.test(a);
}

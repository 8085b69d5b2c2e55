import { numberOf, numbersIn, sameNumber } from "./numbers.ts";

/** What stands after the last `####`, which GSM8K writes before an answer. */
const afterMark = (text: string): string | undefined => {
  const at = text.lastIndexOf("####");
  return at < 0 ? undefined : text.slice(at + 4);
};

/** 1 when the number that the response ends with is the truth's; undefined when the truth holds no number. */
export function scoreGsm8k(response: string, truth: string): number | undefined {
  const marked = afterMark(truth) ?? truth;
  const wanted = numberOf(marked) ?? numbersIn(marked).at(-1);
  if (wanted === undefined) return undefined;
  const ending = afterMark(response);
  // After the mark the first number is the answer: words on it may follow.
  const found =
    (ending === undefined ? undefined : numbersIn(ending)[0]) ??
    boxedNumber(response) ??
    numbersIn(response).at(-1);
  return found !== undefined && sameNumber(found, wanted) ? 1 : 0;
}

function boxedNumber(response: string): number | undefined {
  const boxes = [...response.matchAll(/\\boxed\{([^{}]*)\}/g)];
  const content = boxes.at(-1)?.[1]?.replace(/\\[$%]/g, "");
  return content === undefined ? undefined : numberOf(content);
}

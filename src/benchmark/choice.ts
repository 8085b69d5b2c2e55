import { wordsOf } from "./words.ts";

/** More than ten choices no benchmark has. */
const letters = "ABCDEFGHIJ";

/**
 * 1 when the response chooses the truth, else 0; undefined when the truth is neither a letter from A to J nor the text
 * of a choice.
 */
export function scoreChoice(
  response: string,
  truth: string,
  choices: readonly string[],
): number | undefined {
  const wanted = truthLetter(truth, choices);
  if (wanted === undefined) return undefined;
  const chosen =
    chosenLetter(response, choices.length || letters.length) ?? namedChoice(response, choices);
  return chosen === wanted ? 1 : 0;
}

function truthLetter(truth: string, choices: readonly string[]): string | undefined {
  const [, letter] = /^\(?\s*([A-J])\s*[).:]?$/i.exec(truth.trim()) ?? [];
  if (letter !== undefined) return letter.toUpperCase();
  const said = wordsOf(truth).join(" ");
  const at = choices.findIndex((choice) => said !== "" && said === choiceWords(choice));
  return letters[at];
}

/** "B) Paris" in a list of choices stands for "Paris". */
const choiceWords = (choice: string): string =>
  wordsOf(choice.replace(/^\s*\(?[A-J]\s*[).:]\s+/, "")).join(" ");

/** A letter as written when one is meant: in brackets, bold or bare. `A` and `I` are words as well. */
const mark = String.raw`(?:\*\*|__|["'$\x60])?\(?\s*(?:\\text(?:bf)?\{|\\mathrm\{)?\(?([A-Ja-j])\)?(?![\p{L}\p{N}'’])`;
const noun = "(?:answer|choice|option|solution|response)";

// Each says that a letter is chosen. The first that is found decides, and of its finds the last: people correct
// themselves.
const sayings = [
  new RegExp(String.raw`\\(?:boxed|fbox)\{\s*${mark}`, "gu"),
  new RegExp(
    String.raw`\b${noun}(?:\s+(?:choice|option|letter|here|to\s+this\s+question))?(?:\*\*)?\s*(?:is|would\s+be|must\s+be|should\s+be|:|=|[-–])(?:\*\*)?\s*:?\s*(?:${noun}\s+)?${mark}`,
    "giu",
  ),
  new RegExp(
    String.raw`\b(?:correct|right|best)\s+(?:one\s+)?(?:is|${noun}\s+is|${noun}\s*:)\s*(?:${noun}\s+)?${mark}`,
    "giu",
  ),
  new RegExp(
    String.raw`(?<![\p{L}\p{N}'’])${mark}[)*}]*\s+is\s+(?:therefore\s+|thus\s+)?(?:the\s+)?(?:only\s+)?(?:correct|right|best)\b`,
    "gu",
  ),
  new RegExp(
    String.raw`\b(?:[Cc]hoose|[Cc]hose|[Pp]ick|[Ss]elect|[Bb]elieve|[Tt]hink|[Gg]o with|[Gg]oing with)\s+(?:it['’]?s\s+|it is\s+|that\s+)?(?:${noun}\s+)?${mark}`,
    "giu",
  ),
  new RegExp(
    String.raw`(?:^|[.,;:]\s*|\bso\s+|\bSo\s+)(?:[Ii]t['’]s|[Ii]t is|[Tt]hat['’]s)\s+(?:${noun}\s+)?${mark}`,
    "gu",
  ),
  /\((?:\*\*)?([A-J])(?:\*\*)?\)/gu,
  new RegExp(String.raw`\b(?:[Oo]ption|[Cc]hoice)\s+${mark}(?=\s*(?:$|[.!]))`, "gu"),
] as const;

function chosenLetter(response: string, count: number): string | undefined {
  const text = response.trim();
  const whole =
    /^[\s*_"'$([]*(?:(?:option|choice|answer)\s*:?\s*\(?)?([A-Ja-j])[\s*_"'$.,:;)\]!]*$/i.exec(
      text,
    );
  const valid = (letter: string | undefined): string | undefined => {
    const upper = letter?.toUpperCase() ?? "";
    return upper !== "" && letters.indexOf(upper) < count && letters.includes(upper)
      ? upper
      : undefined;
  };
  if (whole) return valid(whole[1]);
  for (const saying of sayings) {
    const found = [...text.matchAll(saying)].filter((one) => meant(one, text)).at(-1);
    if (found) return valid(found[1]);
  }
  return valid(headed(text) ?? ended(text) ?? alone(text));
}

/** Whether what was found is a letter and no word: "is a cat", "is A cat" and "choose I think" choose nothing. */
function meant(found: RegExpExecArray, text: string): boolean {
  const letter = found[1] ?? "";
  const rest = text.slice(found.index + found[0].length);
  // "B is correct" says it itself.
  if (/(?:correct|right|best)$/i.test(found[0])) return true;
  // Brackets, bold, or a stop after it leave no doubt.
  if (/[)*}"'$`]/.test(rest[0] ?? "") || /\)$/.test(found[0])) return true;
  if (/^\s*(?:$|[.,;:!?)\n])/.test(rest)) return true;
  const [word = ""] = /[\p{L}]+/u.exec(rest) ?? [];
  const reason = /^(?:because|since|as|for|due|which|and|but|given|based|or|with|not|is|so)$/i.test(
    word,
  );
  if (/[A-Z]/.test(letter)) return !"AI".includes(letter) || reason || /^\s*[-–—(]/.test(rest);
  return letter !== "a" && letter !== "i" && reason;
}

/** "B) Paris", unless the response goes on to list others. */
function headed(text: string): string | undefined {
  const heads = [...text.matchAll(/^[\s*_(]*([A-J])(?:\*\*)?\s*(?:[).:]|\s[-–—]\s)/gmu)];
  const found = new Set(heads.map(([, letter]) => letter));
  return found.size === 1 && heads[0]?.index === 0 ? heads[0][1] : undefined;
}

const ended = (text: string): string | undefined =>
  /(?<![\p{L}\p{N}'’])([A-J])(?:\*\*)?[.!]?$/u.exec(text)?.[1];

/** The one letter that stands alone in the text. `I` may be a word, and so may an `A` that begins a sentence. */
function alone(text: string): string | undefined {
  const letter = /(?<![\p{L}\p{N}'’])[B-HJ](?![\p{L}\p{N}'’])|(?<=[\p{L},]\s)A(?![\p{L}\p{N}'’])/gu;
  const found = new Set(text.match(letter));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The one choice whose text the response is, or holds. */
function namedChoice(response: string, choices: readonly string[]): string | undefined {
  const said = ` ${wordsOf(response).join(" ")} `;
  const named = choices
    .map((choice, at) => ({ at, words: choiceWords(choice) }))
    .filter(({ words }) => words !== "" && said.includes(` ${words} `));
  const exact = named.find(({ words }) => said === ` ${words} `);
  if (exact) return letters[exact.at];
  return named.length === 1 ? letters[named[0]?.at ?? -1] : undefined;
}

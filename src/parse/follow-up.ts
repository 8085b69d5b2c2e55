/**
 * A follow-up asks about what was said before and names no subject of its own ("and in Python?", "why?"). Routed alone
 * it would be `other`; with the turn before it, it is what it is about. A turn that is wrongly taken for one only brings
 * a little context along; one that is missed is routed blind.
 */

/** Longer turns bring their own subject. */
const maxWords = 7;
const maxChars = 60;

const list = (text: string): string[] => text.trim().split(/\s+/);

/** Turns of at most five words that begin with one of these lean on the turn before. */
const connectives = new Set(
  list(`and but so or then also now ok okay same with using without instead plus
    y pero entonces ahora también et mais alors maintenant aussi und aber dann jetzt auch noch mas então agora também
    allora adesso anche maar nu ook ale teraz też и а но теперь тогда ama peki şimdi lalu sekarang còn और लेकिन अब ولكن الآن`),
);

/** Turns that hold one of these speak of something said before. */
const references = new Set(
  list(`it that this those these them one ones above previous last eso esto ça cela isso isto ciò это этого этом
    bunu onu itu tersebut đó इसे هذا ذلك`),
);

/** Turns of these alone say nothing by themselves. */
const bare = new Set([
  ...connectives,
  ...references,
  ...list(`why how when where who which what whose really seriously sure yes no yep nope yeah thanks thank you please go
    on continue more again next keep going elaborate explain give me show tell make do write can could would will a an
    the of to for be is are was were did does not too still else another example examples simple simpler short shorter
    long longer brief briefly detail details detailed further deeper summary summarize summarise tldr proof source
    sources step steps by in about mean means meaning wdym huh hm hmm idk wait correct right wrong true false fix fixed
    redo retry try better worse exactly i we my
    por qué porqué cómo como cuándo dónde quién sí más ejemplo ejemplos continúa sigue otra otro vez explica resume un
    pourquoi comment quand où qui oui non plus exemple exemples explique warum wieso weshalb wie wann wo wer ja nein mehr
    beispiel beispiele weiter nochmal erkläre genauer ein quando onde quem não mais exemplo exemplos continua explique
    perché perchè come dove chi no esempio esempi waarom hoe wanneer waar meer voorbeeld dlaczego jak kiedy gdzie kto tak
    więcej przykład dalej почему зачем как когда где кто да нет ещё еще больше пример примеры дальше продолжай подробнее
    объясни neden niye nasıl evet hayır daha örnek devam kenapa mengapa bagaimana contoh lanjut tại sao thế nào ví dụ
    لماذا كيف متى أين من نعم لا أكثر مثال क्यों कैसे कब हाँ नहीं उदाहरण`),
]);

/** Chinese, Japanese and Korean put no spaces between words: how a short turn begins is what can be read. */
const unspaced =
  /^(那|然后|但是|为什么|为何|怎么会|继续|再|例如|举例|では|じゃあ|それ|なぜ|どうして|続け|もっと|例えば|왜|계속|그럼|그리고|그건|그게|더 )/u;
const maxUnspacedChars = 14;

const leadIns =
  /^(what|how) about\b|^(qué tal|et pour|und (für|mit|in)|e (em|in|se)|y (en|con|si))\b/iu;
const questionWords = new Set(
  list("what who whom how why when where which is are does do did can"),
);

/** Whether `text`, said after other turns, needs them to be understood. */
export function isFollowUp(text: string): boolean {
  const turn = text.trim();
  if (turn.length > maxChars) return false;
  if (unspaced.test(turn)) return turn.length <= maxUnspacedChars;
  const spoken: string[] = turn.toLowerCase().match(/[\p{L}\p{M}\p{N}'+#]+/gu) ?? [];
  if (spoken.length > maxWords) return false;
  if (spoken.every((word) => bare.has(word))) return true;
  if (spoken.some((word) => references.has(word))) return true;
  if (spoken.length > 5) return false;
  if (leadIns.test(turn)) return true;
  // "so what is entropy" opens like one and asks a question of its own.
  const [first = "", second = ""] = spoken;
  return connectives.has(first) && !questionWords.has(second);
}

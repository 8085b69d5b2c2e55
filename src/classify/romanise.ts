/**
 * Letters of other scripts as plain Latin ones, roughly by sound. It is not for reading: it lets `фотосинтез`,
 * `fotosíntesis` and `photosynthesis` share the pieces from which the classifier learns.
 */
const letters = new Map<string, string>();

function table(from: string, to: string): void {
  const sounds = to.split(" ");
  for (const [i, char] of from.split(" ").entries()) {
    const sound = sounds[i] ?? "";
    letters.set(char, sound === "-" ? "" : sound);
  }
}

table(
  "а б в г ґ д е є ж з и і й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я",
  "a b v g g d e e j z i i i k l m n o p r s t u f h ts c s s - i - e iu ia",
);
table(
  "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ ς τ υ φ χ ψ ω",
  "a v g d e z i t i k l m n ks o p r s s t i f k ps o",
);
table(
  "ا ب ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ ف ق ك ل م ن ه و ي ى ة ء ئ ؤ پ چ ژ گ ک ی",
  "a b t t g h h d d r z s s s d t z a g f k k l m n h u i a a - i u p c j g k i",
);
table(
  "क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न प फ ब भ म य र ल व श ष स ह ा ि ी ु ू ृ े ै ो ौ ं ँ अ आ इ ई उ ऊ ए ऐ ओ औ ॉ ऑ ़ ्",
  "k k g g n c c j j n t t d d n t t d d n p f b b m i r l v s s s h a i i u u r e e o o n n a a i i u u e e o o o o - -",
);
table(
  "ア イ ウ エ オ カ キ ク ケ コ サ シ ス セ ソ タ チ ツ テ ト ナ ニ ヌ ネ ノ ハ ヒ フ ヘ ホ マ ミ ム メ モ ヤ ユ ヨ ラ リ ル レ ロ ワ ン ガ ギ グ ゲ ゴ ザ ジ ズ ゼ ゾ ダ ヂ ヅ デ ド バ ビ ブ ベ ボ パ ピ プ ペ ポ ヴ ァ ィ ゥ ェ ォ ャ ュ ョ ッ ー",
  "a i u e o ka ki k ke ko sa si s se so ta ti ts te t na ni n ne no ha hi f he ho ma mi m me mo ia iu io ra ri r re ro ua n ga gi g ge go za ji z ze zo da ji z de d ba bi b be bo pa pi p pe po v a i u e o ia iu io - -",
);

const initials = "k k n t t r m p p s s - j j c k t p h".split(" ");
const medials = "a e ia ie o e io ie o ua ue oi io u uo ue ui iu u ui i".split(" ");
const finals = "- k k k n n n t r r r r r r r r m p p t t n t t k t p h".split(" ");
const sound = (of: readonly string[], at: number): string => {
  const found = of[at] ?? "";
  return found === "-" ? "" : found;
};

/** Expects lower case. */
export function romanise(word: string): string {
  let latin = "";
  for (const char of word) {
    const code = char.charCodeAt(0);
    if (code < 0x80) latin += char;
    else if (code >= 0xac00 && code <= 0xd7a3) {
      const at = code - 0xac00;
      latin +=
        sound(initials, Math.floor(at / 588)) +
        sound(medials, Math.floor((at % 588) / 28)) +
        sound(finals, at % 28);
    } else latin += letters.get(char) ?? "";
  }
  return latin;
}

/** A Latin word as it might sound: spellings of one word, by different languages or in haste, come together. */
export function sounded(latin: string): string {
  return latin
    .replace(/ph/g, "f")
    .replace(/sch|sh|ch|cz|sz|tch/g, "c")
    .replace(/qu/g, "k")
    .replace(/c(?=[eiy])/g, "s")
    .replace(/[cqk]/g, "k")
    .replace(/x/g, "ks")
    .replace(/[yj]/g, "i")
    .replace(/w/g, "v")
    .replace(/z/g, "s")
    .replace(/h/g, "")
    .replace(/l/g, "r")
    .replace(/(.)\1+/g, "$1");
}

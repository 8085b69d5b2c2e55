"""Two hundred texts of our own, by kind: what people ask, and what breaks tokenizers.

They measure what quantisation costs (make.py) and pin the tokenizer and the vectors (goldens.py).
Characters that an editor would hide or change are written as escapes.
"""

PARAGRAPH = (
    "A freight train leaves the yard at dawn, and the signalman who lets it go has already decided "
    "three things: which line is free, how fast the goods behind the engine may travel, and where it "
    "can wait if the express is early. None of this is written on the wagons. He reads the bell code, "
    "looks at the block instruments, and pulls the levers in an order that the frame itself enforces. "
)

LANGUAGES = [
    "Wie berechnet man die Standardabweichung einer Stichprobe mit fünf Messwerten?",
    "Straßenbahnfahrer müssen an Haltestellen außerhalb großer Städte länger warten.",
    "Quelle est la différence entre une obligation et une action, et laquelle est la plus risquée ?",
    "L'été dernier, nous avons goûté des crêpes à Saint-Malo; où peut-on en trouver d'aussi bonnes ?",
    "¿Cuáles son los síntomas de la diabetes tipo 2 y cuándo hay que ir al médico?",
    "Mañana el niño soñará con cigüeñas; explícame la metáfora.",
    "Como funciona a fotossíntese nas plantas de climas áridos? Não esqueça a equação.",
    "Spiegami la differenza tra un reato doloso e uno colposo nel diritto italiano.",
    "Wat is het verschil tussen een eenmanszaak en een besloten vennootschap?",
    "Jak działa silnik Diesla? Proszę o krótkie wyjaśnienie z przykładami. Zażółć gęślą jaźń.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy; přelož to do angličtiny.",
    "İstanbul'da IŞIK hızı nasıl ölçülür? Ilık bir çay içerken düşün.",
    "Giải thích định lý Pythagore cho học sinh lớp tám bằng một ví dụ thực tế.",
    "Jelaskan perbedaan antara hukum pidana dan hukum perdata.",
    "Varför är himlen blå, och varför blir den röd när solen går ner? Åsa frågar Örjan.",
    "Miten lasketaan ympyrän pinta-ala, jos tiedetään vain kehän pituus?",
    "Árvíztűrő tükörfúrógép: mi a legnagyobb közös osztója 84-nek és 126-nak?",
    "Care sunt cauzele Primului Război Mondial? Răspunde în două propoziții, știind că țara era neutră.",
    "Hvordan beregner man renten på et lån på 250.000 kroner over ti år? Blåbærsyltetøy på smørrebrød.",
    "Þórður spurði: hvers vegna er sjórinn saltur?",
    "Объясни, почему рынок облигаций падает, когда растут процентные ставки.",
    "Ёжик съел ещё один йогурт, а Чехов молчал.",
    "Поясни різницю між мітозом і мейозом для учня дев'ятого класу. Її їжак з'їв яблуко.",
    "Как се доказва, че корен квадратен от две е ирационално число?",
    "Објасни разлику између глагола и именице; Љубав и њушка.",
    "Γιατί ο ουρανός είναι μπλε; Εξήγησε τη σκέδαση Rayleigh. ΟΔΥΣΣΕΥΣ ή Οδυσσεύς;",
    "מה ההבדל בין משפט פלילי למשפט אזרחי? שָׁלוֹם לְכֻלָּם",
    "ما هي عاصمة أستراليا، ولماذا لم تُختر سيدني؟",
    "اَلسَّلَامُ عَلَيْكُمْ، كيف أحسب المتوسط الحسابي للأعداد ١ و٢ و٣؟",
    "تفاوت بین انرژی جنبشی و انرژی پتانسیل چیست؟ می\u200cخواهم ساده باشد.",
    "کشش ثقل کیا ہے اور یہ کیسے کام کرتی ہے؟",
    "गुरुत्वाकर्षण क्या है और यह कैसे काम करता है?",
    "क्या आप मुझे द्विघात समीकरण हल करना सिखा सकते हैं? x² + ५x + ६ = ०",
    "বাংলাদেশের মুক্তিযুদ্ধ কবে শুরু হয়েছিল?",
    "தமிழ் இலக்கியத்தின் வரலாறு என்ன?",
    "భారతదేశ రాజ్యాంగం ఎప్పుడు అమలులోకి వచ్చింది?",
    "ಕನ್ನಡ ಭಾಷೆಯ ಇತಿಹಾಸ ತಿಳಿಸಿ.",
    "การคำนวณดอกเบี้ยทบต้นทำอย่างไร น้ำแข็งลอยน้ำเพราะอะไร",
    "តើភពផែនដីវិលជុំវិញព្រះអាទិត្យយ៉ាងដូចម្តេច?",
    "မြန်မာနိုင်ငံ၏ မြို့တော်က ဘာလဲ။",
    "როგორ გამოვთვალოთ სამკუთხედის ფართობი? ᲗᲑᲘᲚᲘᲡᲘ",
    "Ինչպե՞ս է աշխատում արհեստական բանականությունը:",
    "ሰላም፣ የኢትዮጵያ ዋና ከተማ ማን ናት?",
    "请解释量子纠缠，并举一个日常生活中的例子。",
    "如何用Python读取CSV文件，并计算每一列的平均值？",
    "請問「民法」與「刑法」有什麼不同？臺灣的法律如何規定？",
    "日本国憲法第九条について、三つの観点から説明してください。",
    "ガソリンスタンドでパンを買った。ｶﾞｿﾘﾝｽﾀﾝﾄﾞ と か\u3099そりん も同じですか？",
    "피타고라스 정리를 증명해 주세요. 그리고 역도 성립하나요?",
    "\u1112\u1161\u11ab\u1100\u1173\u11af written as separate jamo, and 한글 composed",
    "Eine Frage: what does 你好 mean in русский язык, s'il vous plaît?",
]

ENGLISH = [
    "What is the capital of France?",
    "Why is the sky blue?",
    "Explain the difference between a Roth IRA and a traditional IRA for someone who is 35.",
    "My landlord kept my deposit without an itemised list. What are my rights in California?",
    "A 54-year-old man presents with crushing chest pain radiating to the left arm. What is the first test to order?",
    "If a ball is thrown upward at 20 m/s, how high does it go? Ignore air resistance.",
    "Find the derivative of x^3 * sin(x) with respect to x.",
    "Prove that there are infinitely many prime numbers.",
    "Which gas is produced when zinc reacts with dilute hydrochloric acid?",
    "Balance the equation: Fe + O2 -> Fe2O3",
    "What role does the mitochondrion play in programmed cell death?",
    "Compare the foreign policies of Bismarck and Napoleon III.",
    "Who signed the Treaty of Westphalia and what did it end?",
    "Does utilitarianism permit lying to a murderer at the door? Contrast with Kant.",
    "What is the difference between classical and operant conditioning?",
    "How does an increase in the money supply affect the price level in the long run?",
    "Write a cold email to a supplier asking for a 10% discount on 5,000 units.",
    "What is the time complexity of heapsort, and is it stable?",
    "Design a rate limiter for an API with 10 million users.",
    "How thick must a steel beam be to carry 12 kN at mid-span over 4 metres?",
    "Write a haiku about a train that is late.",
    "Tell me a joke about a semaphore.",
    "hi",
    "thanks!",
    "ok and what about the second one?",
    "can u help me w/ my hw its due tmrw lol",
    "SHOUTING: WHY IS MY INTERNET SO SLOW TODAY???",
    "Summarise the following in one sentence: the cat sat on the mat, and then it left.",
    "Translate 'where is the railway station' into Japanese.",
    "What would happen to Earth's tides if the Moon were twice as far away?",
    "Is it safe to take ibuprofen and paracetamol together?",
    "A company's current ratio is 2.5 and its quick ratio is 0.8. What does that tell you?",
    "Describe the doctrine of promissory estoppel and give a leading case.",
    "What's the best opening for Black against 1.e4 if I dislike theory?",
    "Plan a three-day trip to Edinburgh for two people who like museums and whisky.",
    "Recommend a vegetarian dinner with chickpeas, spinach and no dairy.",
    "How do I get a red wine stain out of a wool carpet?",
    "Pretend you are a pirate and explain compound interest.",
    "Give me ten names for a bakery run by retired astronauts.",
    "Between 1347 and 1351, what share of Europe's population died of plague?",
    "Let X and Y be independent exponential random variables with rates 2 and 3. Find P(X < Y).",
    "The half-life of iodine-131 is 8.02 days; how much of 5.0 g remains after 30 days?",
    "Which of the following is NOT a renewable resource? A) wind B) coal C) tidal D) solar",
    "\"To be, or not to be\" - who says it, to whom, and why then?",
    "Mr. O'Neill's co-worker said he'd've gone if it weren't for the dog's vet appointment.",
    "It costs $1,299.99 (plus 8.875% tax) - or €1.199,00 incl. VAT; which is cheaper at 1.08 USD/EUR?",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "unbelievably hyperparameterised retokenisation of microservices",
    "Call +44 20 7946 0958 or write to info@example.org; see https://example.org/a/b?c=d&e=f#g",
    "ISO-8601 2024-02-29T23:59:60Z, v1.2.3-rc.4+build.5, 192.168.0.1, ::1, #hashtag @user",
]

CODE = [
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\nprint(fib(10))",
    "Why does `[] == ![]` evaluate to true in JavaScript?",
    "SELECT d.name, COUNT(*) FROM emp e JOIN dept d ON d.id = e.dept_id GROUP BY d.name HAVING COUNT(*) > 5;",
    "for (int i = 0; i < n; ++i) { a[i] ^= 0xFFu << (i & 7); } // undefined?",
    "fn main() -> Result<(), Box<dyn Error>> { let x: &'static str = \"hi\"; Ok(()) }",
    "git rebase -i HEAD~3 && git push --force-with-lease origin feature/login_page",
    "kubectl get pods -n kube-system -o jsonpath='{.items[*].metadata.name}'",
    "<div class=\"card\"><p>Hello&nbsp;&amp;goodbye</p><!-- todo --></div>",
    "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: signalbox\nspec:\n  ports:\n    - port: 50051\n",
    "^(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+)@(?:[a-z0-9-]+\\.)+[a-z]{2,}$",
    "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'user_id'",
    "#include <stdio.h>\nint main(void){puts(\"\\\"quoted\\\" \\\\ back\\tslash\");return 0;}",
    "const compose = (...fns) => x => fns.reduceRight((v, f) => f(v), x) ?? undefined;",
    "\\frac{-b \\pm \\sqrt{b^2-4ac}}{2a} \\quad \\text{where } a \\neq 0",
    "∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−L|<ε, and ∑_{k=1}^{∞} 1/k² = π²⁄6",
    "∇·E = ρ/ε₀, ∂B/∂t = −∇×E, ℏω ≈ 1.05×10⁻³⁴ J·s, 25 °C, 5 Ω, 3 µm, ½ ¼ ⅓ №5 ™ © ®",
    "H₂SO₄ + 2 NaOH → Na₂SO₄ + 2 H₂O (ΔH < 0)",
    "| a | b |\n|---|---|\n| 1 | **two** |\n\n> quote\n\n```ts\nlet x = 1;\n```",
    "0 1 2 10 100 1000 65536 3.14159265358979 -273.15 1e-9 0b1010 0o777 0xDEADBEEF 1_000_000",
]

EMOJI = [
    "😀",
    "I ❤️ trains 🚂🚃🚃 and coffee ☕!",
    "👨‍👩‍👧‍👦 is one family, 👩🏽‍🚀 is one astronaut, 🏴󠁧󠁢󠁳󠁣󠁴󠁿 is one flag",
    "🇩🇪🇫🇷🇯🇵 which flags are these?",
    "👍🏿👍🏻👍 1️⃣2️⃣3️⃣ #️⃣",
    "what does 🤷‍♀️ mean?🤷‍♂️ok",
    "¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻ ʕ•ᴥ•ʔ",
    "★☆♠♣♥♦ ♪♫ ☎ ✓✗ → ← ⇄ ▲▼ ■□ │┌┐└┘",
]

ODD = [
    # nothing, or next to it
    "",
    " ",
    "\t\n \r\n ",
    "\u00a0\u2003\u3000\u1680",
    "\n\n\nleading and trailing space   \n",
    "two  spaces   three\ttab\u00a0nbsp\u2009thin\u3000ideographic\u1680ogham\u202fnarrow",
    ".",
    "?!...,,;;::--__",
    "a",
    "' '' \" `` ‘single’ “double” «guillemets» ‹‹›› „low“ ‚low‘",
    # control, format and invisible characters
    "nul\u0000in\u0000side",
    "bell\u0007 backspace\u0008 escape\u001b[31mred\u001b[0m delete\u007f next-line\u0085 c1\u0090",
    "\u0001\u0002\u0003",
    "vertical\u000btab form\u000cfeed unit\u001fseparator",
    "line\u2028separator paragraph\u2029separator",
    "zero\u200bwidth\u200cspaces\u200dand\u2060joiners\ufeff and a BOM",
    "\ufeffstarts with a byte order mark",
    "soft\u00adhyphen and mongolian\u180evowel separator",
    "\u202eright to left override\u202c \u2066isolate\u2069 \u200emarks\u200f",
    "replacement \ufffd and noncharacter \ufffe \uffff \U0001fffe \U0010ffff",
    "private use \ue000 \uf8ff \U000f0000 and unassigned \u0378 \U000e0fff",
    "tags \U000e0001\U000e0065\U000e006e variation\ufe0f\ufe0e selectors\U000e0100",
    # letters that normalisation or lower-casing changes
    "Ångström Å \u212b A\u030a, \u2126 \u03a9, \u212a K",
    "cafe\u0301 café CAFÉ, nai\u0308ve naïve, Z\u0351\u036b\u0343\u036aalgo\u0321\u034e text",
    "ﬁ ﬂ ﬃ ﬄ ﬅ ligatures, ĳ Ǆ ǅ ǆ digraphs, ſ long s",
    "İ I ı i i\u0307 dotted and dotless",
    "ß ẞ STRASSE Straße, Ø ø Ł ł Đ đ Ð ð Þ þ Æ æ Œ œ Ħ ħ ŋ",
    "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ ᾳ ᾼ ῷ \u0390 \u1fd3",
    "ＦＵＬＬＷＩＤＴＨ　ｔｅｘｔ　１２３！？",
    "𝓜𝓪𝓽𝓱 𝔣𝔯𝔞𝔨𝔱𝔲𝔯 𝕕𝕠𝕦𝕓𝕝𝕖 𝟙𝟚𝟛 𝐁𝐨𝐥𝐝",
    "ⓒⓘⓡⓒⓛⓔⓓ ⑴⑵ Ⅷ ⅷ ㎏ ㍿ ㏂ ﷺ ﷽",
    "Ⴀ Ა ა Ꭰ ꭰ Ꮿ 𐐀 𐐨 Ⲁ ⲁ Ꙋ ꙋ",
    "Ǘ ǘ Ṩ ṩ ệ Ữ q\u0307\u0323 q\u0323\u0307 reordered marks",
    "\u0301 a mark without a letter, \u0915\u094d\u0937 \u0cca \u0cc6\u0cc2 \u0b4b",
    # ideographs beyond the basic ones, and what stands next to them
    "\U00020000\U0002a6d6 \u3402 \uf900 \U0002f800 \u2e80 \u3007 々〆ヶ ㊗",
    "abc中def文123ghi、。「」！？・",
    "한국어English日本語ไทย混ぜる",
    # what the model itself uses
    "[CLS] what is [SEP] this [PAD][UNK] text?",
    "fill the [MASK] please, or [mask] or [ MASK ]",
    "[unused0] [unused99] ##ing ## ##",
    # words at and over the limit of one hundred characters
    "x" * 100,
    "x" * 101,
    "é" * 100 + " " + "é" * 101,
    "\U00010330" * 60 + " " + "😀" * 101,
    "https://example.org/" + "very-long-path-" * 12 + "end",
    "aaaaaaaaaa" * 30 + " then normal words",
]

LONG = [
    PARAGRAPH,
    PARAGRAPH * 2 + "Which of his three decisions can be undone?",
    "word " * 253 + "word",
    "word " * 254 + "word",
    "word " * 255 + "word",
    " ".join(ENGLISH[:10]),
    "中文" * 127,
    "What is the last line about?\n\n" + "\n".join(CODE[:6]),
    "\n".join(LANGUAGES[:8]) + "\nWhich of these is about medicine?",
    "Summarise this report.\n\n" + PARAGRAPH * 9 + "\n\nAnswer in German.",
    " ".join(ENGLISH[10:40]) + " " + " ".join(LANGUAGES[40:]),
]

# Short questions of one mould: near neighbours, which a coarse quantiser would confuse first.
MOULD = [
    f"{ask} {what}?"
    for ask in ("What is", "Who first described")
    for what in (
        "entropy",
        "inflation",
        "photosynthesis",
        "habeas corpus",
        "the central limit theorem",
        "a hash table",
        "cognitive dissonance",
    )
]

TEXTS = [
    (kind, text)
    for kind, texts in (
        ("english", ENGLISH),
        ("language", LANGUAGES),
        ("code", CODE),
        ("emoji", EMOJI),
        ("odd", ODD),
        ("long", LONG),
        ("mould", MOULD),
    )
    for text in texts
]

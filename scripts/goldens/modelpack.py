"""Write what scikit-learn makes of made-up texts: src/modelpack/fixtures/scikit-learn.json.

    python3 -m venv .cache/goldens
    .cache/goldens/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
    .cache/goldens/bin/python scripts/goldens/modelpack.py > src/modelpack/fixtures/scikit-learn.json

TfidfVectorizer: vocabularies, idf and rows of words and of characters within words. SGDClassifier:
averaged and last weights after whole passes in the order of the rows, which is the one order that
two random generators agree on. ComplementNB: scores of the same rows.
"""

import json
import warnings

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import ComplementNB

warnings.filterwarnings("ignore", module="sklearn")

TEXTS = [
    "How do I balance an equation in chemistry, step by step?",
    "Balance the books: which tax applies to a small company?",
    "Le café de la gare ferme à 18h, n'est-ce pas?",
    "CAFÉ de la GARE — prix d'un café crème: 3,50 €",
    "def add(a, b): return a + b  # python_function",
    "Why does my python_function raise TypeError on None?",
    "фотосинтез у рослин: як це працює?",
    "Фотосинтез і клітинне дихання у рослин",
    "प्रोटीन क्या है और यह कैसे बनता है",
    "كِتَاب في التاريخ",
    "İstanbul'da hava nasıl? ﬁne ½ ℡ Ⅳ",
    "量子力学における電子の波動関数とは何ですか",
    "a b c d e f",
    "the equation of the equation of the equation",
    "tax tax tax company company balance",
    "electron wave function in quantum mechanics 😀 😀",
    "Quantum mechanics: the wave function of an electron",
    "",
    "step by step: photosynthesis in plants",
    "plants, photosynthesis and respiration\tstep\nby step",
]
LABELS = [0, 1, 2, 2, 3, 3, 0, 0, 0, 2, 2, 0, 3, 0, 1, 0, 0, 1, 0, 0]
WORD = {"ngram_range": (1, 2), "min_df": 2, "max_features": 30}
CHARACTER = {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 2, "max_features": 4000}
COMMON = {"strip_accents": "unicode", "sublinear_tf": True}


def vectorised(**settings):
    vectoriser = TfidfVectorizer(**COMMON, **settings)
    rows = vectoriser.fit_transform(TEXTS)
    terms = vectoriser.get_feature_names_out().tolist()
    return rows, {
        "terms": terms,
        "idf": vectoriser.idf_.tolist(),
        "rows": [
            {terms[c]: float(rows[r, c]) for c in rows[r].indices} for r in range(len(TEXTS))
        ],
    }


def fitted(rows, alpha, epochs, unaveraged, class_weight):
    model = SGDClassifier(
        loss="log_loss",
        alpha=alpha,
        max_iter=epochs,
        tol=None,
        shuffle=False,
        average=1 + unaveraged * len(TEXTS),
        class_weight=class_weight,
    ).fit(rows, LABELS)
    return {
        "alpha": alpha,
        "epochs": epochs,
        "unaveraged": unaveraged,
        "balanced": class_weight == "balanced",
        "decisions": model.decision_function(rows).tolist(),
        "norm": float(np.linalg.norm(model.coef_)),
        "intercepts": model.intercept_.tolist(),
    }


def main():
    words, word = vectorised(**WORD)
    characters, character = vectorised(**CHARACTER)
    whole, _ = vectorised(**{**WORD, "max_features": None})
    rows = hstack([whole, characters]).tocsr()
    # float32, as it is learnt from here.
    rows.data = rows.data.astype(np.float32).astype(float)
    fits = [
        fitted(rows, alpha, epochs, unaveraged, weight)
        for alpha, epochs, unaveraged, weight in [
            (1e-5, 1, 0, None),
            (1e-5, 7, 0, "balanced"),
            (1e-5, 7, 1, "balanced"),
            (1e-3, 25, 2, "balanced"),
            (1e-2, 3, 0, None),
        ]
    ]
    whole_terms = TfidfVectorizer(**COMMON, **{**WORD, "max_features": None}).fit(TEXTS)
    print(
        json.dumps(
            {
                "texts": TEXTS,
                "labels": LABELS,
                "word": word,
                "word_unlimited": whole_terms.get_feature_names_out().tolist(),
                "character": {
                    **character,
                    "rows": [
                        {"count": len(row), "sum": sum(row.values()), "max": max(row.values(), default=0)}
                        for row in character["rows"]
                    ],
                },
                "fits": fits,
                "naive_bayes": ComplementNB(alpha=0.03)
                .fit(rows, LABELS)
                ._joint_log_likelihood(rows)
                .tolist(),
            },
            ensure_ascii=False,
        )
    )


main()

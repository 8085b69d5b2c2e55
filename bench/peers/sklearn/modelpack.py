"""scikit-learn for bench/modelpack.ts: a request a line, as JSON, and an answer a line.

{"train": FOLDER, "settings": {...}}   reads router_{train,test}.jsonl.gz, fits, answers the figures
{"predict": COUNT}                     asks COUNT test texts one by one, then all test texts at once

The recipe of signalbox modelpack with scikit-learn's own parts: words and characters within words as
TF-IDF, and averaged SGD. Seconds from process start; memory is the most that was ever resident.
"""

import gzip
import json
import resource
import sys
import time

START = time.perf_counter()

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from threadpoolctl import threadpool_limits


def rows_of(folder, split):
    with gzip.open(f"{folder}/router_{split}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    # As signalbox cleans them.
    return [" ".join(row["text"].split())[:1000] for row in rows], [row["label"] for row in rows]


def recipe(settings):
    common = {"strip_accents": "unicode", "sublinear_tf": True, "max_features": 250000}
    word = TfidfVectorizer(ngram_range=(1, 2), min_df=settings["min_df"], **common)
    grams = tuple(settings["characters"])
    character = TfidfVectorizer(
        analyzer="char_wb", ngram_range=grams, min_df=settings["min_df"], **common
    )
    features = FeatureUnion(
        [("word", word), ("character", character)],
        transformer_weights={"word": settings["word_weight"], "character": 1},
    )
    model = SGDClassifier(
        loss="log_loss",
        alpha=settings["alpha"],
        max_iter=settings["max_iter"],
        tol=None,
        average=True,
        class_weight="balanced",
        random_state=42,
    )
    return Pipeline([("features", features), ("model", model)])


def calibration_error(confidences, right):
    bins = np.minimum(9, (confidences * 10).astype(int))
    return sum(
        abs(confidences[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(10)
        if (bins == b).any()
    )


def main():
    model = test = None
    with threadpool_limits(1):
        for line in sys.stdin:
            request = json.loads(line)
            if "train" in request:
                texts, labels = rows_of(request["train"], "train")
                model = recipe(request["settings"]).fit(texts, labels)
                wall, cpu = time.perf_counter() - START, time.process_time()
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
                test, truth = rows_of(request["train"], "test")
                shares = model.predict_proba(test)
                right = model.classes_[shares.argmax(1)] == np.array(truth)
                answer = {
                    "wall": wall,
                    "cpu": cpu,
                    "memory": memory,
                    "accuracy": float(right.mean()),
                    "calibrationError": float(calibration_error(shares.max(1), right)),
                }
            else:
                count = request["predict"]
                walls, cpu = [], time.process_time()
                # Rows stand by category: every so many is a fair sample.
                sample = test[:: max(1, len(test) // count)][:count]
                for text in sample:
                    started = time.perf_counter()
                    model.predict_proba([text])
                    walls.append(time.perf_counter() - started)
                single = (time.process_time() - cpu) / len(sample)
                cpu = time.process_time()
                model.predict_proba(test)
                batch = (time.process_time() - cpu) / len(test)
                answer = {
                    "p50": float(np.median(walls)),
                    "least": float(np.min(walls)),
                    "cpu": single,
                    "batchCpu": batch,
                }
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

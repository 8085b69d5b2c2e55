"""How well `counting` of upstream-recipe.ts stands for upstream's own SVM file, with scikit-learn.

    python scripts/validation/kernel_count.py .cache/validation/R6/upstream/knn_model.safetensors [queries]

Upstream trains SVC(C=1, gamma=1) on one to three copies of every (query, model) record and serves the sum of kernel
values over each class's support vectors. Here that is done on some queries, and judged on 1,000 others, beside the sum
over all copies. Needs numpy and scikit-learn.
"""

import json
import struct
import sys

import numpy as np
from sklearn.svm import SVC

path, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300
raw = open(path, "rb").read()
(header_bytes,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8 : 8 + header_bytes])
types = {"F32": np.float32, "F64": np.float64, "F16": np.float16, "U32": np.uint32, "U16": np.uint16}


def tensor(name):
    entry = header[name]
    start, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
    return np.frombuffer(raw[start:end], types[entry["dtype"]]).reshape(entry["shape"])


rows = tensor("vectors")[tensor("vector_of")].astype(np.float64)
outcomes = tensor("outcomes").astype(np.float64)
order = np.random.default_rng(42).permutation(len(rows))
fit, judged = order[:count], order[count : count + 1000]
models = outcomes.shape[1]

weights = 0.9 * outcomes + 0.1
copies = np.clip(np.floor(3 * weights + 0.5), 1, 3).astype(int)
points, labels = [], []
for query in fit:
    for model in range(models):
        points += [rows[query]] * copies[query, model]
        labels += [model] * copies[query, model]
points, labels = np.array(points), np.array(labels)
machine = SVC(C=1.0, kernel="rbf", gamma=1.0).fit(points, labels)

asked = rows[judged] / np.linalg.norm(rows[judged], axis=1, keepdims=True)


def sums(vectors, owners):
    squares = (asked**2).sum(1)[:, None] + (vectors**2).sum(1)[None, :]
    kernel = np.exp(-(squares - 2 * asked @ vectors.T))
    return np.stack([kernel[:, owners == model].sum(1) for model in range(models)], axis=1)


served = sums(machine.support_vectors_, labels[machine.support_]).argmax(1)
counted = sums(points, labels).argmax(1)
quality = lambda chosen: outcomes[judged, chosen].mean()
print(
    json.dumps(
        {
            "queries": count,
            "records with copies": len(points),
            "support vectors": len(machine.support_),
            "same choice": float((served == counted).mean()),
            "quality served": float(quality(served)),
            "quality counted": float(quality(counted)),
        }
    )
)

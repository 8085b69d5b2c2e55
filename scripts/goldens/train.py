"""Write what scikit-learn learns from made-up points: src/train/fixtures/scikit-learn.json.

    python3 -m venv .cache/goldens
    .cache/goldens/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    .cache/goldens/bin/python scripts/goldens/train.py > src/train/fixtures/scikit-learn.json

SVC: decision values, number of support vectors, intercept and dual objective at tol 1e-6.
KMeans: inertia and cluster sizes from given centroids. The points are rounded to 4 digits, so that
the file holds them exactly.
"""

import json

import numpy as np
from sklearn.cluster import KMeans
from sklearn.svm import SVC

COUNT, DIMENSION, QUERIES = 80, 6, 12


def svm(points, labels, queries, **settings):
    machine = SVC(tol=1e-6, **settings).fit(points, labels)
    alpha = np.zeros(len(points))
    alpha[machine.support_] = machine.dual_coef_[0]
    norms = (points**2).sum(1)
    if settings["kernel"] == "rbf":
        distances = norms[:, None] + norms[None] - 2 * points @ points.T
        kernel = np.exp(-settings["gamma"] * distances)
    else:
        kernel = points @ points.T
    return {
        **settings,
        "support_vectors": int(machine.n_support_.sum()),
        "rho": -float(machine.intercept_[0]),
        "objective": float(alpha @ kernel @ alpha / 2 - np.abs(alpha).sum()),
        "decisions": machine.decision_function(queries).tolist(),
    }


def main():
    random = np.random.default_rng(7)
    points = np.round(random.normal(size=(COUNT, DIMENSION)), 4).astype(np.float32).astype(float)
    queries = np.round(random.normal(size=(QUERIES, DIMENSION)), 4).astype(np.float32).astype(float)
    # Not separable, so that multipliers at both bounds and between them occur.
    labels = np.where(points[:, 0] + points[:, 1] ** 2 + random.normal(size=COUNT) > 1, 1, -1)
    starts = points[random.choice(COUNT, 5, replace=False)]
    means = KMeans(5, init=starts, n_init=1, tol=0, max_iter=300).fit(points)
    golden = {
        "points": [[round(x, 4) for x in row] for row in points.tolist()],
        "queries": [[round(x, 4) for x in row] for row in queries.tolist()],
        "labels": labels.tolist(),
        "svm": [
            svm(points, labels, queries, kernel=kernel, C=c, gamma=gamma)
            for kernel, c, gamma in [("rbf", 1.0, 0.5), ("rbf", 10.0, 0.1), ("linear", 1.0, 1.0), ("linear", 0.01, 1.0)]
        ],
        "kmeans": {
            "starts": [[round(x, 4) for x in row] for row in starts.tolist()],
            "inertia": float(means.inertia_),
            "sizes": np.bincount(means.labels_).tolist(),
        },
    }
    print(json.dumps(golden))


if __name__ == "__main__":
    main()

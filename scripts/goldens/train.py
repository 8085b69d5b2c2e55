"""Write what scikit-learn learns from made-up points: src/train/fixtures/scikit-learn.json.

    python3 -m venv .cache/goldens
    .cache/goldens/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
    .cache/goldens/bin/python scripts/goldens/train.py > src/train/fixtures/scikit-learn.json

SVC: decision values, number of support vectors, intercept and dual objective.
KMeans: inertia and cluster sizes from given centroids. The points are rounded to 4 digits and
then to singles, so that the file holds exactly what both sides learn from.
"""

import json

import numpy as np
from sklearn.cluster import KMeans
from sklearn.svm import SVC

COUNT, DIMENSION, QUERIES, CLUSTERS = 300, 30, 25, 8
SETTINGS = [
    {"kernel": "rbf", "C": 1.0, "gamma": 0.03},
    {"kernel": "rbf", "C": 0.1, "gamma": 0.1},
    {"kernel": "rbf", "C": 10.0, "gamma": 0.01},
    {"kernel": "rbf", "C": 100.0, "gamma": 0.3},
    {"kernel": "linear", "C": 0.01, "gamma": 1.0},
    {"kernel": "linear", "C": 1.0, "gamma": 1.0},
    {"kernel": "linear", "C": 10.0, "gamma": 1.0},
]
# Without shrinking LIBSVM takes the steps that src/train/smo.ts takes. With it, which is
# scikit-learn's default, it may take others to the same end.
SOLVERS = [
    {"tol": 1e-3, "shrinking": False},
    {"tol": 1e-6, "shrinking": False},
    {"tol": 1e-6, "shrinking": True},
]


def rounded(table):
    """As the file writes it, and as both sides read it."""
    return np.round(table, 4).astype(np.float32).astype(float)


def machine(points, labels, queries, settings):
    found = SVC(**settings).fit(points, labels)
    alpha = np.zeros(len(points))
    alpha[found.support_] = found.dual_coef_[0]
    norms = (points**2).sum(1)
    if settings["kernel"] == "rbf":
        distances = norms[:, None] + norms[None] - 2 * points @ points.T
        kernel = np.exp(-settings["gamma"] * distances)
    else:
        kernel = points @ points.T
    return {
        **settings,
        "support_vectors": int(found.n_support_.sum()),
        "rho": -float(found.intercept_[0]),
        "objective": float(alpha @ kernel @ alpha / 2 - np.abs(alpha).sum()),
        "decisions": found.decision_function(queries).tolist(),
    }


def labelled(points, random):
    """By name: rows of `points` and their labels, 1 or -1. None is separable."""
    score = points[:, 0] + points[:, 1] ** 2 + points[:, 2] * points[:, 3]
    noisy = score + random.normal(size=COUNT)
    every = np.arange(COUNT)
    # Every third point twice, and every sixth once with each label.
    twice = np.concatenate([every[:200], every[:200:3]])
    both = np.where(noisy > 1, 1, -1)
    repeated = both[twice]
    repeated[200::2] *= -1
    return {
        "balanced": (every, both),
        "imbalanced": (every, np.where(noisy > np.quantile(noisy, 0.95), 1, -1)),
        "duplicates": (twice, repeated),
    }


def main():
    random = np.random.default_rng(7)
    centres = random.normal(size=(CLUSTERS, DIMENSION))
    points = rounded(centres[random.integers(CLUSTERS, size=COUNT)] + random.normal(size=(COUNT, DIMENSION)))
    queries = rounded(random.normal(size=(QUERIES, DIMENSION)))
    sets = labelled(points, random)

    def started():
        starts = random.choice(COUNT, CLUSTERS, replace=False)
        means = KMeans(CLUSTERS, init=points[starts], n_init=1, tol=0, max_iter=300).fit(points)
        return {
            "starts": starts.tolist(),
            "inertia": float(means.inertia_),
            "sizes": np.bincount(means.labels_).tolist(),
        }

    golden = {
        "points": [[round(x, 4) for x in row] for row in points.tolist()],
        "queries": [[round(x, 4) for x in row] for row in queries.tolist()],
        "sets": [
            {
                "name": name,
                "rows": rows.tolist(),
                "labels": labels.tolist(),
                "machines": [
                    machine(points[rows], labels, queries, {**settings, **how})
                    for settings in SETTINGS
                    for how in SOLVERS
                ],
            }
            for name, (rows, labels) in sets.items()
        ],
        "kmeans": [started() for _ in range(5)],
    }
    print(json.dumps(golden))


if __name__ == "__main__":
    main()

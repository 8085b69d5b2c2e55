"""scikit-learn for bench/train.ts: a request a line, as JSON, and an answer a line.

{"load": PATH, "unit": PATH, "dimension": D, "labels": [[1 or -1 or 0, ...], ...]}
    Rows of singles, for k-means and for machines. By machine a label a row; 0 leaves the row out.
{"svm": {"kernel", "C", "gamma", "tol"}}
    Fits every machine: {"machines": [{"rho", "objective", "support_vectors"}], "wall", "cpu"}
{"kmeans": {"clusters", "starts", "seed", "type"}} or {"kmeans": {"from": [row, ...], "type"}}
    {"inertia", "wall", "cpu"}

Seconds of fitting alone. One thread: the caller sets OMP_NUM_THREADS, and this sees to the rest.
"""

import json
import sys
import time

import numpy as np
from sklearn.cluster import KMeans
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits


def timed(fit):
    cpu, wall = time.process_time(), time.perf_counter()
    found = fit()
    return found, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def objective(rows, machine, settings):
    """Of the dual problem, from its support vectors."""
    vectors, alpha = rows[machine.support_], machine.dual_coef_[0]
    kernel = vectors @ vectors.T
    if settings["kernel"] == "rbf":
        norms = (vectors**2).sum(1)
        kernel = np.exp(-settings["gamma"] * (norms[:, None] + norms[None] - 2 * kernel))
    return float(alpha @ kernel @ alpha / 2 - np.abs(alpha).sum())


def svm(rows, labels, settings):
    machines, total = [], {"wall": 0.0, "cpu": 0.0}
    for one in labels:
        own, signs = rows[one != 0], one[one != 0]
        machine, spent = timed(lambda: SVC(**settings).fit(own, signs))
        total = {key: total[key] + spent[key] for key in total}
        machines.append(
            {
                "rho": -float(machine.intercept_[0]),
                "objective": objective(own, machine, settings),
                "support_vectors": int(machine.n_support_.sum()),
            }
        )
    return {"machines": machines, **total}


def kmeans(rows, settings):
    rows = rows.astype(settings["type"])
    if "from" in settings:
        chosen = settings["from"]
        model = KMeans(len(chosen), init=rows[chosen], n_init=1, tol=0, max_iter=300)
    else:
        model = KMeans(settings["clusters"], n_init=settings["starts"], random_state=settings["seed"])
    found, spent = timed(lambda: model.fit(rows))
    return {"inertia": float(found.inertia_), **spent}


def read(path, dimension):
    return np.fromfile(path, np.float32).reshape(-1, dimension)


def main():
    rows = unit = labels = None
    with threadpool_limits(1):
        for line in sys.stdin:
            request = json.loads(line)
            if "load" in request:
                rows = read(request["load"], request["dimension"])
                # SVC computes in double precision: converting is not a part of fitting.
                unit = read(request["unit"], request["dimension"]).astype(float)
                labels = np.array(request["labels"], np.int8)
                answer = {"rows": len(rows)}
            elif "svm" in request:
                answer = svm(unit, labels, request["svm"])
            else:
                answer = kmeans(rows, request["kmeans"])
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

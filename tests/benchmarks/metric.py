"""How well k-means on features finds known classes, by model, transform_method and metric.

    python tests/benchmarks/metric.py [SET…] [--orl ORL.mat] [--out DIR]

SET is of digits, orl, pie; all by default. NMI in %, mean ± standard deviation over ten seeds of
k-means, seed 0 of the model, samples of unit norm. The faces of ORL, 400 x 1024 in a MATLAB file
with `fea` and `gnd`, are not loaded by the package.
"""

from pathlib import Path

import measuring
import numpy as np
import scipy.io
from sklearn.decomposition import PCA

from dsnmf import DeepSemiNMF, SemiNMF, datasets
from dsnmf.experiments.clustering import k_means_scores

METRICS = 0, 0.5, 1


def load(name, orl):
    """Samples of unit norm (rows), and their classes."""
    if name == "orl":
        content = scipy.io.loadmat(orl)
        X, target = content["fea"].astype(float), content["gnd"].ravel()
        return X / np.linalg.norm(X, axis=1, keepdims=True), target
    dataset = {"digits": datasets.load_digits, "pie": datasets.load_pie}[name]()
    return dataset.data, dataset.target


def models():
    """Estimators by name, with the metrics that they have."""
    deep = (100, 40)
    return {
        "SemiNMF(40)": (SemiNMF(40), METRICS),
        f"DeepSemiNMF({deep}), multiplicative": (
            DeepSemiNMF(deep, solver="multiplicative"),
            METRICS,
        ),
        f"DeepSemiNMF({deep})": (DeepSemiNMF(deep), (0, 1)),
    }


def nmi(features, target):
    values = 100 * np.array(k_means_scores(features, target).nmi)
    return f"{values.mean():.1f} ± {values.std():.1f}"


def rows_of(X, target):
    """Lines of the table: (name, what makes the features) and the NMI in each metric."""
    whitened = PCA(40, whiten=True, random_state=0).fit_transform(X)
    yield "whitened PCA(40)", "", {0: nmi(whitened, target)}
    yield "raw", "", {1: nmi(X, target)}
    for name, (model, metrics) in models().items():
        model.fit(X)
        learned = model.H_[-1].T
        maps = {"H_": lambda: {t: nmi(in_metric(model, learned, t), target) for t in metrics}}
        for method in ("projection", "nonnegative"):
            maps[method] = lambda method=method: {
                t: nmi(model.set_params(transform_method=method, metric=t).transform(X), target)
                for t in metrics
            }
        for method, scores in maps.items():
            yield name, method, scores()


def in_metric(model, H, t):
    return model._metric(-1, t).of(H.T).T


def main():
    parser = measuring.parser(__doc__)
    sets = ("digits", "orl", "pie")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(sets)}")
    parser.add_argument("--orl", type=Path, default=Path("ORL.mat"))
    arguments = parser.parse_args()
    tables = {}
    for name in arguments.sets or sets:
        rows = {}
        for model, features, scores in rows_of(*load(name, arguments.orl)):
            row = {f"metric {t:g}": scores.get(t, "") for t in METRICS}
            rows[f"{model}, {features}" if features else model] = row
            print(name, model, features, row, flush=True)
        measuring.table(name, rows)
        tables[name] = rows
    measuring.write_json(arguments, "metric", tables)


if __name__ == "__main__":
    main()

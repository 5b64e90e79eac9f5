"""How well k-means on features finds known classes, by model, transform_method and metric.

    python tests/benchmarks/metric.py [SET…] [--orl ORL.mat] [--out DIR]

SET is of digits, pie, and orl with --orl; all of these by default. NMI in %, mean ± standard
deviation over ten seeds of k-means, seed 0 of the model, samples of unit norm. The faces of ORL,
400 x 1024 in a MATLAB file with `X` and `Y`, are not loaded by the package.
"""

from pathlib import Path

import measuring
import numpy as np
import scipy.io

from dsnmf import DeepSemiNMF, SemiNMF, datasets
from dsnmf.experiments.clustering import k_means_scores
from dsnmf.selection.principal import Principal

METRICS = 0, 0.5, 1


def load(name, orl):
    """Samples of unit norm (rows), and their classes."""
    if name == "orl":
        content = scipy.io.loadmat(orl)
        X, target = content["X"].astype(float), content["Y"].ravel()
        return X / np.linalg.norm(X, axis=1, keepdims=True), target
    dataset = {"digits": datasets.load_digits, "pie": datasets.load_pie}[name]()
    return dataset.data, dataset.target


def models():
    """Estimators by name, with the metrics that they have."""
    deep = 100, 40
    linear = DeepSemiNMF(deep, solver="multiplicative")
    return {
        "SemiNMF(40)": (SemiNMF(40), METRICS),
        f"DeepSemiNMF({deep}), multiplicative": (linear, METRICS),
        f"DeepSemiNMF({deep})": (DeepSemiNMF(deep), (0, 1)),
    }


def features_of(model, X, method, t):
    """Features of training samples in a metric: the learned ones, or those of `transform`."""
    if method == "H_":
        return model._metric(-1, t).of(model.H_[-1]).T
    return model.set_params(transform_method=method, metric=t).transform(X)


def nmi(features, target):
    values = 100 * np.array(k_means_scores(features, target).nmi)
    return f"{values.mean():.1f} ± {values.std():.1f}"


def rows_of(X, target):
    """Lines of the table: a name, and the NMI by metric."""
    yield "raw", {1: nmi(X, target)}
    components = {t: Principal(40, 1 - t).fit_transform(X) for t in METRICS}
    yield "PCA(40), whitened by 1 - t", {t: nmi(F, target) for t, F in components.items()}
    for name, (model, metrics) in models().items():
        model.fit(X)
        for method in ("H_", "projection", "nonnegative"):
            scores = {t: nmi(features_of(model, X, method, t), target) for t in metrics}
            yield f"{name}, {method}", scores


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="of digits, pie, orl")
    parser.add_argument("--orl", type=Path, help="the file of ORL's faces")
    arguments = parser.parse_args()
    sets = ("digits", "pie", *(["orl"] if arguments.orl else []))
    unknown = set(arguments.sets) - set(sets)
    if unknown:
        parser.error(f"SET must be one of {', '.join(sets)}, got {', '.join(sorted(unknown))}")
    tables = {}
    for name in arguments.sets or sets:
        rows = {
            row: {f"metric {t:g}": scores.get(t, "") for t in METRICS}
            for row, scores in rows_of(*load(name, arguments.orl))
        }
        measuring.table(name, rows)
        tables[name] = rows
    measuring.write_json(arguments, "metric", tables)


if __name__ == "__main__":
    main()

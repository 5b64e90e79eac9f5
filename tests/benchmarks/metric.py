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
from dsnmf.estimators.mapping.metric import as_exponent
from dsnmf.experiments.clustering import k_means_scores
from dsnmf.selection.principal import Principal

METRICS = "components", 0, 0.5, "data"


def load(name, orl):
    """Samples of unit norm (rows), and their classes."""
    if name == "orl":
        content = scipy.io.loadmat(orl)
        X, target = content["X"].astype(float), content["Y"].ravel()
        return X / np.linalg.norm(X, axis=1, keepdims=True), target
    dataset = {"digits": datasets.load_digits, "pie": datasets.load_pie}[name]()
    return dataset.data, dataset.target


def models():
    """Estimators by name."""
    deep = 100, 40
    return {
        "SemiNMF(40)": SemiNMF(40),
        f"DeepSemiNMF({deep}), multiplicative": DeepSemiNMF(deep, solver="multiplicative"),
        f"DeepSemiNMF({deep})": DeepSemiNMF(deep),
    }


def features_of(model, X, method, metric):
    """Features of training samples in a metric: the learned ones, or those of `transform`."""
    if method == "H_":
        return model._metric(-1, as_exponent(metric)).apply(model.H_[-1]).T
    return model.set_params(transform_method=method, metric=metric).transform(X)


def nmi(features, target):
    values = 100 * np.array(k_means_scores(features, target).nmi)
    return f"{values.mean():.1f} ± {values.std():.1f}"


def rows_of(X, target):
    """Lines of the table: a name, and the NMI by metric."""
    yield "raw", {"data": nmi(X, target)}
    degrees = {0: 1.0, 0.5: 0.5, "data": 0.0}
    components = {t: Principal(40, degree).fit_transform(X) for t, degree in degrees.items()}
    yield "PCA(40), whitened to 1 - t", {t: nmi(F, target) for t, F in components.items()}
    for name, model in models().items():
        model.fit(X)
        for method in ("H_", "projection", "nonnegative"):
            scores = {t: nmi(features_of(model, X, method, t), target) for t in METRICS}
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
            row: {f"metric {t}": scores.get(t, "") for t in METRICS}
            for row, scores in rows_of(*load(name, arguments.orl))
        }
        measuring.table(name, rows)
        tables[name] = rows
    measuring.write_json(arguments, "metric", tables)


if __name__ == "__main__":
    main()

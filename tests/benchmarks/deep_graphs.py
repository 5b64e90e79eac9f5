"""Whether a graph of neighbours on every layer finds more than one on a single layer, no labels.

    python tests/benchmarks/deep_graphs.py [SET…] [--out DIR]

NMI of k-means with each attribute's number of classes, a mean over three seeds, on features of
`transform` of all samples: of WSF(k), of WSF with as many components as the deep model's first
layer, and of both layers of DeepWSF((4k, k)); all with the graph whose mean degree is .3 of the
samples. Beside them PCA of k components, whitened half-way and fully. Samples of unit norm.
"""

import warnings

import graphs
import measuring
import numpy as np
from selection import by_name

from dsnmf import WSF, DeepWSF
from dsnmf.affinity import knn_affinity
from dsnmf.selection.principal import Principal

#: {row's name: (data set, k)}
CASES = {
    "digits": ("digits", 20),
    "ORL": ("orl", 80),
    "PIE": ("pie", 100),
    "stickfigures": ("stickfigures", 9),
    "nrLetters": ("nrletters", 12),
    "drawn faces": ("attribute_faces", 40),
}


def features(X, k):
    """{name: features}."""
    n = len(X)
    alpha = 0.3 * n / (knn_affinity(X.T).sum() / n)
    wide = min(4 * k, *X.shape)
    one, other = (WSF(size, alpha, max_iter=500).fit(X) for size in (k, wide))
    deep = DeepWSF((wide, k), alpha, max_iter=500).fit(X)
    found = {
        "PCA, half-whitened": Principal(k, whiten=0.5).fit_transform(X),
        "PCA, whitened": Principal(k, whiten=1.0).fit_transform(X),
    }
    for metric in (0.5, 0):
        for model in (one, other, deep):
            model.set_params(metric=metric)
        found |= {
            f"WSF(k), {metric}": one.transform(X),
            f"WSF(4k), {metric}": other.transform(X),
            f"layer 1, {metric}": deep.transform(X, layer=0),
            f"layer 2, {metric}": deep.transform(X),
        }
    return found


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", default=list(CASES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = {}
    for name in arguments.sets:
        X, target = by_name(CASES[name][0])
        for method, values in features(X, CASES[name][1]).items():
            for i, labels in enumerate(target.T):
                attribute = f"{name}, {len(np.unique(labels))} classes ({i})"
                rows.setdefault(attribute, {})[method] = f"{100 * graphs.nmi(values, labels):.0f}"
        measuring.table("NMI", {row: rows[row] for row in rows if row.startswith(name)})
    measuring.write_json(arguments, "deep_graphs", {"rows": rows})


if __name__ == "__main__":
    main()

"""What comes back from other starts: components, the space that they span, clusters.

    python tests/benchmarks/recurrence.py [--starts 10] [--out DIR]

Of `dsnmf.selection.consensus`, by data and estimator: how many components came back in at least
half of the other fits with a cosine of .9, the mean cosine, that between the spaces, how much the
costs differ, and the clusters' dispersion and cophenetic correlation. Planted: 600 x 40, five
components of either sign, of which a sample has 20 %, and a little noise.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import warnings

import measuring
import numpy as np

from dsnmf import WSF, DeepSemiNMF, SemiNMF, datasets
from dsnmf.selection import consensus


def planted():
    rng = np.random.default_rng(0)
    H = rng.standard_exponential((600, 5)) * (rng.random((600, 5)) < 0.2)
    return H @ rng.standard_normal((5, 40)) + 0.1 * rng.standard_normal((600, 40))


def cases():
    """{name: (estimator, X, y, clusters)}."""
    digits, orl = datasets.load_digits(), datasets.load_orl()
    return {
        'planted, SemiNMF(5, solver="hals")': (SemiNMF(5, solver="hals"), planted(), None, None),
        "digits, SemiNMF(10)": (SemiNMF(10), digits.data, None, 10),
        'digits, SemiNMF(10, solver="hals")': (SemiNMF(10, solver="hals"), digits.data, None, 10),
        "digits, DeepSemiNMF((40, 10))": (DeepSemiNMF((40, 10)), digits.data, None, 10),
        "digits, WSF(20)": (WSF(20), digits.data, None, 10),
        'ORL, SemiNMF(40, solver="hals")': (SemiNMF(40, solver="hals"), orl.data, None, 40),
    }


def row_of(found):
    others = np.delete(np.arange(len(found.costs_)), found.best_index_)
    count = np.count_nonzero(found.recurrence_ >= 0.5)
    return {
        "came back": f"{count} of {len(found.recurrence_)}",
        "cosine": found.cosines_[others].mean(),
        "of spaces": found.spans_[others].mean(),
        "costs differ, %": 100 * (found.costs_.max() / found.costs_.min() - 1),
        "dispersion": found.dispersion_,
        "cophenetic": found.cophenetic_,
    }


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--starts", type=int, default=10)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = {}
    for name, (estimator, X, y, n_clusters) in cases().items():
        found = consensus(estimator, X, y, n_init=arguments.starts, n_clusters=n_clusters)
        rows[name] = row_of(found)
    measuring.table(f"what comes back from {arguments.starts} starts", rows)
    measuring.write_json(arguments, "recurrence", {"rows": rows})


if __name__ == "__main__":
    main()

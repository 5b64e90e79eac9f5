"""Algorithm 1 on PIE against its bare matrix products and against the textbook form in NumPy.

    python tests/benchmarks/multiplicative.py [--layers 400,100] [--rounds 5] [--out DIR]

X has unit-norm columns, float64; the start is greedy, by the SVD initialiser. Full: the compiled
rules on X. Compressed: the same on UᵀX, where U spans X's components above the noise floor; the
discarded energy is part of its residual norm. "rule" is `updates.deep_semi_nmf`, "read once" the
form that the estimators use, `updates.one_read`, which leaves the H of all layers but the last, as
these influence nothing. Blocks of iterations of the compiled rules, of the matrix products of the
last one alone (outputs preallocated) and of tests/textbook.py (full pseudo-inverses) follow each
other in one process; medians.

The products are ΨᵀX, X Qᵀ, B⁺H, B⁻H, L⁻¹H and Q Qᵀ.
"""

import sys
import time
from pathlib import Path

import measuring
import numpy as np
import pytensor

from dsnmf import datasets, updates
from dsnmf.data.compression import compress
from dsnmf.initialisation import appr_seminmf, pretrain
from dsnmf.symbolic import residual_norm
from dsnmf.updates.one_read import first_sums, one_read

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests import textbook


def products(X, k):
    """A function that makes the products of an iteration that reads X once."""
    rng = np.random.default_rng(0)
    p, n = X.shape
    Psi, B, H = rng.random((p, k)), rng.random((k, k)), rng.random((k, n))
    return measuring.multiplier([(Psi.T, X), (X, H.T), *[(B, H)] * 3, (H, H.T)])


def _shared(values):
    return [pytensor.shared(np.array(value)) for value in values]


def compiled(X, Zs, Hs):
    """A step of the rule and a function that gives the residual norm."""
    data, Zs, Hs = pytensor.shared(X), _shared(Zs), _shared(Hs)
    norm = pytensor.function([], residual_norm(data, Zs, Hs[-1]))
    return pytensor.function([], updates=updates.deep_semi_nmf(data, Zs, Hs)), norm


def compiled_once(X, Zs, Hs):
    """The same as the estimators make it."""
    data, sums, Zs, Hs = pytensor.shared(X), first_sums(X, Hs[-1]), _shared(Zs), _shared(Hs)
    norm = pytensor.function([], residual_norm(data, Zs, Hs[-1]))
    return pytensor.function([], updates=one_read(data, Zs, Hs, sums)), norm


def textbook_form(X, Zs, Hs):
    """The same in NumPy."""

    def iteration():
        nonlocal Zs, Hs
        Zs, Hs = textbook.deep_semi_nmf(X, Zs, Hs, 1)

    return iteration, lambda: textbook.residual_norm(X, Zs, Hs)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(400, 100))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    X = np.array(datasets.load_pie().data.T, dtype=float, order="C")
    X /= np.linalg.norm(X, axis=0)
    Zs, Hs = pretrain(X, arguments.layers, appr_seminmf)
    small, compression = compress(X, True)
    starts = {"full": (X, Zs), "compressed": (small, [compression.reduced(Zs[0]), *Zs[1:]])}
    discarded = {"full": 0.0, "compressed": compression.discarded}
    functions, norms, preparing = {}, {}, {}
    functions["textbook"], textbook_norm = textbook_form(X, Zs, Hs)
    for name, (data, Z_start) in starts.items():
        functions[name, "products"] = products(data, arguments.layers[-1])
        for form, make in (("rule", compiled), ("read once", compiled_once)):
            start = time.perf_counter()
            functions[name, form], norms[name, form] = make(data, Z_start, Hs)
            preparing[name, form] = time.perf_counter() - start
    measured = measuring.interleaved(functions, arguments.rounds, repeats=9)

    rows = {"textbook": {"iteration, ms": measured["textbook"].ms}}
    for (name, form), norm in norms.items():
        ms, total = measured[name, form].ms, np.sqrt(float(norm()) ** 2 + discarded[name])
        rows[f"{name}, {form}"] = {
            "data": "{} x {}".format(*starts[name][0].shape),
            "iteration, ms": ms,
            "/ products": ms / measured[name, "products"].ms,
            "textbook / it": measured["textbook"].ms / ms,
            "norms differ by": abs(total / textbook_norm() - 1),
            "compilation, s": preparing[name, form],
        }
    measuring.table(f"Algorithm 1, PIE, {arguments.layers}, float64", rows)
    measuring.write_json(arguments, "multiplicative", {"layers": arguments.layers, "rows": rows})


if __name__ == "__main__":
    main()

"""Algorithm 1 on PIE against its bare matrix products and against the textbook form in NumPy.

    python tests/benchmarks/multiplicative.py [--layers 400,100] [--rounds 5] [--out DIR]

X has unit-norm columns, float64; the start is greedy, by the SVD initialiser. Full: the compiled
rule on X. Compressed: the same on UᵀX, where U spans X's components above the noise floor; the
discarded energy is part of its residual norm. The last row leaves the H of all layers but the last
as they are, which influences neither the Zs nor the last H nor the norm. Blocks of iterations of
the compiled rules, of their matrix products alone (outputs preallocated) and of tests/textbook.py
(full pseudo-inverses) follow each other in one process; medians.

The products are those that the compiled rule makes: X Qᵀ and U X, ΨᵀX from there, B⁺H and B⁻H of
each layer; "plain products" are those of the algorithm without bases: XHᵀ, Z_1ᵀX, Z_1ᵀZ_1, ….
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
from dsnmf.training import loop

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests import textbook


def products(X, layers):
    """(the compiled rule's products, those without bases) of one iteration."""
    rng = np.random.default_rng(0)
    p, n, k_m = *X.shape, layers[-1]
    Q, U = (np.linalg.qr(rng.random((size, min(size, k_m))))[0].T for size in (n, p))
    Hs = [rng.random((k, n)) for k in layers]
    Zs = [rng.random(shape) for shape in zip((p, *layers), layers)]
    reduced, updating = [], []
    for k, H in zip(layers, Hs):
        reduced.append((rng.random((k, len(U))), U @ X))
        updating += [(rng.random((k, k)), H)] * 2
    with_bases = [(X, Q.T), (U, X), *reduced, (U.T, rng.random((len(U), layers[0]))), *updating]
    plain = [(X, Hs[-1].T), (Hs[-1], Hs[-1].T), (Zs[0].T, X), (Zs[0].T, Zs[0]), *updating]
    plain += [(Z.T, H) for Z, H in zip(Zs[1:], Hs)]
    return measuring.multiplier(with_bases), measuring.multiplier(plain)


def compiled(X, Zs, Hs, update_H=True):
    """A function that makes one iteration and returns the residual norm before it."""
    data = pytensor.shared(X)
    Zs, Hs = ([pytensor.shared(np.array(v)) for v in values] for values in (Zs, Hs))
    rule = updates.deep_semi_nmf(data, Zs, Hs, update_H=update_H)
    step = loop.compile_step(residual_norm(data, Zs, Hs[-1]), rule)
    return lambda: float(step())


def read_once(X, Zs, Hs):
    """The same as the estimators make it; the residual norm is not part of it."""
    data = pytensor.shared(X)
    Zs, Hs = ([pytensor.shared(np.array(v)) for v in values] for values in (Zs, Hs))
    step = loop.compile_step([], one_read(data, Zs, Hs, first_sums(X, Hs[-1].get_value())))
    norm = pytensor.function([], residual_norm(data, Zs, Hs[-1]))
    return step, lambda: float(norm())


def textbook_form(X, Zs, Hs):
    """The same in NumPy."""

    def iteration():
        nonlocal Zs, Hs
        norm = textbook.residual_norm(X, Zs, Hs)
        Zs, Hs = textbook.deep_semi_nmf(X, Zs, Hs, 1)
        return norm

    return iteration


def recorded(function, values):
    return lambda: values.append(function())


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(400, 100))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    X = np.array(datasets.load_pie().data.T, dtype=float, order="C")
    X /= np.linalg.norm(X, axis=0)
    Zs, Hs = pretrain(X, arguments.layers, appr_seminmf)
    small, compression = compress(X, True)
    reduced = [compression.reduced(Zs[0]), *Zs[1:]]
    last_only = "compressed, last H only"
    data = {"full": X, "compressed": small, last_only: small}
    starts = {"full": Zs, "compressed": reduced, last_only: reduced}
    discarded = {name: 0.0 if name == "full" else compression.discarded for name in data}
    moving = [*[False] * (len(Hs) - 1), True]
    functions, norms, preparing = {}, {"textbook": []}, {}
    functions["textbook"] = recorded(textbook_form(X, Zs, Hs), norms["textbook"])
    for name in data:
        start = time.perf_counter()
        norms[name] = []
        update_H = moving if name == last_only else True
        rule = recorded(compiled(data[name], starts[name], Hs, update_H), norms[name])
        preparing[name] = time.perf_counter() - start
        own, plain = products(data[name], arguments.layers)
        functions |= {(name, "products"): own, (name, "plain products"): plain}
        functions[name, "rule"] = rule
    measured = measuring.interleaved(functions, arguments.rounds, repeats=9)

    rows = {"textbook": {"iteration, ms": measured["textbook"].ms}}
    for name, values in data.items():
        ms = {kind: measured[name, kind].ms for kind in ("rule", "products", "plain products")}
        total = np.sqrt(np.square(norms[name]) + discarded[name])
        rows[name] = {
            "data": "{} x {}".format(*values.shape),
            "iteration, ms": ms["rule"],
            "/ its products": ms["rule"] / ms["products"],
            "/ plain products": ms["rule"] / ms["plain products"],
            "textbook / it": measured["textbook"].ms / ms["rule"],
            "norms differ by": float(np.abs(total / norms["textbook"] - 1).max()),
            "discarded / norm²": discarded[name] / norms["textbook"][-1] ** 2,
            "compilation, s": preparing[name],
        }
    measuring.table(f"Algorithm 1, PIE, {arguments.layers}, float64", rows)
    measuring.write_json(arguments, "multiplicative", {"layers": arguments.layers, "rows": rows})


if __name__ == "__main__":
    main()

"""Algorithm 1 on PIE against its bare matrix products and against the textbook form in NumPy.

    python tests/benchmarks/multiplicative.py [--layers 400,100] [--iterations 50] [--out FILE]

X has unit-norm columns, float64; the start is greedy, by the SVD initialiser. Blocks of ten
iterations of the compiled rule, of its matrix products alone (outputs preallocated) and of
tests/textbook.py (full pseudo-inverses) follow each other in one process; medians. Blocks, because
NumPy and SciPy bring a BLAS each, whose threads go on spinning for a while: the first iteration of
a block is not counted.

The products are those that the compiled rule makes: X Qᵀ and U X, ΨᵀX from there, B⁺H and B⁻H of
each layer; "plain products" are those of the algorithm without bases: XHᵀ, Z_1ᵀX, Z_1ᵀZ_1, ….
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pytensor

sys.path.insert(0, str(Path(__file__).parents[2]))
from dsnmf import datasets, fitting, updates
from dsnmf.initialisation import appr_seminmf, pretrain
from dsnmf.symbolic import residual_norm
from tests import textbook

#: Iterations of one kind in a row.
BLOCK = 10


def multiplier(pairs):
    """A function that multiplies the pairs of matrices into preallocated outputs."""
    products = [(A, B, np.empty((len(A), B.shape[1]))) for A, B in pairs]

    def run():
        for A, B, out in products:
            np.matmul(A, B, out=out)

    return run


def bare_products(X, Zs, Hs):
    """(the compiled rule's products, those without bases) of one iteration."""
    rng = np.random.default_rng(0)
    p, k_m = len(X), len(Hs[-1])
    Q, U = np.linalg.qr(Hs[-1].T)[0].T, np.linalg.qr(rng.random((p, k_m)))[0].T
    reduced, updating = [], []
    for H in Hs:
        k = len(H)
        reduced.append((rng.random((k, k_m)), U @ X))
        updating += [(rng.random((k, k)), H)] * 2
    with_bases = [(X, Q.T), (U, X), *reduced, (U.T, rng.random((k_m, len(Hs[0])))), *updating]
    plain = [(X, Hs[-1].T), (Hs[-1], Hs[-1].T), (Zs[0].T, X), (Zs[0].T, Zs[0]), *updating]
    plain += [(Z.T, H) for Z, H in zip(Zs[1:], Hs)]
    return multiplier(with_bases), multiplier(plain)


def milliseconds(function, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", default="400,100", help="layer sizes")
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--out", help="write the numbers as JSON to this file")
    arguments = parser.parse_args()
    layers = [int(size) for size in arguments.layers.split(",")]
    X = np.array(datasets.load_pie().data.T, dtype=float, order="C")
    X /= np.linalg.norm(X, axis=0)

    Z_values, H_values = pretrain(X, layers, appr_seminmf)
    start = time.perf_counter()
    data = pytensor.shared(X)
    Zs, Hs = ([pytensor.shared(np.array(v)) for v in values] for values in (Z_values, H_values))
    rule = updates.deep_semi_nmf(data, Zs, Hs)
    step = fitting.compile_step(residual_norm(data, Zs, Hs[-1]), rule)
    norms = [float(step())]
    start = time.perf_counter() - start

    own, plain = bare_products(X, Z_values, H_values)
    own(), plain()
    textbook_norms = []

    def textbook_iteration():
        nonlocal Z_values, H_values
        Z_values, H_values = textbook.deep_semi_nmf(X, Z_values, H_values, 1)
        textbook_norms.append(textbook.residual_norm(X, Z_values, H_values))

    functions = {
        "textbook": textbook_iteration,
        "its products": own,
        "plain products": plain,
        "compiled rule": lambda: norms.append(float(step())),
    }
    rows = {name: [] for name in functions}
    for _ in range(arguments.iterations // BLOCK):
        for name, function in functions.items():
            rows[name] += milliseconds(function, BLOCK)[1:]
    medians = {name: float(np.median(times)) for name, times in rows.items()}
    difference = np.abs(np.array(norms[1:]) / textbook_norms - 1).max()
    result = {
        **{f"{name}, ms": value for name, value in medians.items()},
        "rule / its products": medians["compiled rule"] / medians["its products"],
        "rule / plain products": medians["compiled rule"] / medians["plain products"],
        "textbook / rule": medians["textbook"] / medians["compiled rule"],
        "largest relative difference of the residual norms": float(difference),
        "residual norm at the end": norms[-1],
        "graph, compilation, first iteration, s": start,
    }
    for name, value in result.items():
        print(f"{name:52} {value:10.4g}")
    if arguments.out:
        Path(arguments.out).write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

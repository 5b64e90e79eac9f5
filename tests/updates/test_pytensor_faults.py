"""What PyTensor 3.0 gets wrong in Numba mode is not in the graphs that users run.

Its Blockwise is wrong on inputs that are not C-contiguous; its Max and Min of arrays lose NaN.
"""

import numpy as np
import pytensor
import pytest
from pytensor.compile import builders
from pytensor.compile.builders import OpFromGraph
from pytensor.compile.mode import get_mode
from pytensor.graph.fg import FunctionGraph
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.math import Max, Min

from dsnmf import DSNMF, symbolic, updates
from dsnmf.affinity import combine, knn_affinity, label_affinity
from dsnmf.data.recognition import as_samples

#: Graphs that PyTensor 3.3 has rewritten to the end.
FINAL = getattr(builders, "FinalizedOpFromGraph", ())

RNG = np.random.default_rng(0)
X = RNG.standard_normal((8, 30))
W = combine([label_affinity(np.arange(30) % 3), knn_affinity(X)], [1, 2], -0.01)


def factors():
    Zs = [pytensor.shared(RNG.standard_normal(shape)) for shape in ((8, 5), (5, 3))]
    return Zs, [pytensor.shared(RNG.random(shape)) for shape in ((5, 30), (3, 30))]


def rules():
    Zs, Hs = factors()
    yield (
        "Semi-NMF",
        symbolic.reconstruction_cost(X, Zs[:1], Hs[0]),
        updates.semi_nmf(X, Zs[0], Hs[0]),
    )
    yield "WSF", symbolic.laplacian_penalty(Hs[0], W), updates.semi_nmf(X, Zs[0], Hs[0], W)
    yield "bcd", Hs[0].sum(), updates.bcd_semi_nmf(X, Zs[0], Hs[0])
    positive = [pytensor.shared(RNG.random((8, 5))), Hs[0]]
    yield "GNMF", Hs[0].sum(), updates.gnmf(abs(X), *positive, label_affinity(np.arange(30) % 3))
    yield (
        "Deep WSF",
        symbolic.printed_cost(X, Zs, Hs, [W, None]),
        updates.deep_semi_nmf(X, Zs, Hs, [W, None]),
    )
    yield "softplus", Hs[0].sum(), updates.nonlinear_deep_semi_nmf(X, Zs, Hs, "softplus")
    model = DSNMF(X.T, (5, 3), l1_norms=(0, 1e-3))._rule
    yield "DSNMF", model.cost, model.updates
    for name, data in {"gaps": np.where(X > 1, np.nan, X), "full": X}.items():
        variables = as_samples(data.T).variables("float64")
        params = [*Zs, Hs[-1]]
        error, gradients = variables.error_and_gradients(Zs, symbolic.relu(Hs[-1]), "relu", params)
        yield name, error, updates.adam(gradients, params)


def ops(graph):
    """Ops of a graph, and of the graphs and loops in it."""
    for node in graph.apply_nodes:
        yield node.op
        if isinstance(node.op, OpFromGraph) and not isinstance(node.op, FINAL):
            inner = node.op.fgraph  # which Numba mode rewrites when it compiles it
            inner = inner.unfreeze() if hasattr(inner, "unfreeze") else inner.clone()
            get_mode("NUMBA").optimizer.rewrite(inner)
            yield from ops(inner)
        elif hasattr(node.op, "fgraph"):
            yield from ops(node.op.fgraph)


@pytest.mark.filterwarnings("ignore:A Supervisor feature is missing:UserWarning")
@pytest.mark.parametrize(("cost", "rule"), [pytest.param(c, r, id=name) for name, c, r in rules()])
def test_graphs_have_no_blockwise_and_no_maximum_over_an_array(cost, rule):
    graph = FunctionGraph(outputs=[cost, *rule.values()], clone=True)
    get_mode("NUMBA").optimizer.rewrite(graph)
    found = {str(op) for op in ops(graph) if isinstance(op, Blockwise | Max | Min)}
    assert found == set()

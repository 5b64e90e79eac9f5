"""The cost of DSNMF, its gradients by one residual, and when these are taken."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf.symbolic.objective import Objective

RNG = np.random.default_rng(0)
PRODUCTS = {
    "dot": lambda Z, H: pt.dot(Z, abs(H)),
    "matmul": lambda Z, H: Z @ abs(H),
}
OTHERS = {
    "sigmoid": lambda Z, H: pt.sigmoid(pt.dot(Z, H)),
    "bias": lambda Z, H: pt.dot(Z, H) + 1,
    "scaled Z": lambda Z, H: pt.dot(Z * 2, H),
    "F of Z": lambda Z, H: pt.dot(Z, H * pt.sqr(Z).sum()),
    "float64": lambda Z, H: pt.dot(Z, pt.cast(H, "float64")),
    "transposed": lambda Z, H: pt.dot(H.T, Z.T).T,
}


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize("name", [*PRODUCTS, *OTHERS])
def test_gradients_are_those_of_the_plain_cost(name):
    shapes = {"X": (6, 9), "Z": (6, 3), "H": (3, 9)}
    X, Z, H = (
        pytensor.shared(RNG.standard_normal(shape).astype("float32"), name=letter)
        for letter, shape in shapes.items()
    )
    unused = pytensor.shared(np.float32(2.0), name="unused")
    reconstruction = (PRODUCTS | OTHERS)[name](Z, H)
    objective = Objective(X, [Z, H, unused], reconstruction, (0, 0.5, 1.5), 2.0)
    assert (objective.features is not None) == (name in PRODUCTS)
    expected = ((X - reconstruction) ** 2).sum() + 0.5 * abs(H).sum() + 1.5 * abs(unused) + 2
    for params in ([Z, H], [H], [Z, H, unused]):
        cost, gradients = objective.cost_and_gradients(params)
        plain = [expected, *pytensor.grad(expected, params)]
        for actual, wanted in zip([cost, *gradients], plain):
            np.testing.assert_allclose(actual.eval(), wanted.eval(), rtol=1e-4)
    np.testing.assert_allclose(objective.cost.eval(), expected.eval(), rtol=1e-5)

"""One estimator of every kind, and fits to compare, neither rewritten nor compiled.

That would take most of the time.
"""

import numpy as np
from pytensor.compile.mode import Mode, register_mode
from pytensor.link.vm import VMLinker

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from tests.conftest import relative_error

register_mode("PLAIN", Mode(linker=VMLinker(use_cloop=False, c_thunks=False), optimizer=None))
PLAIN = {"mode": "PLAIN"}
ESTIMATORS = {
    "SemiNMF": SemiNMF(3, **PLAIN),
    "SemiNMF-bcd": SemiNMF(3, solver="bcd", max_iter=30, **PLAIN),
    "SemiNMF-hals": SemiNMF(3, solver="hals", max_iter=60, **PLAIN),
    "WSF": WSF(3, **PLAIN),
    "DeepSemiNMF": DeepSemiNMF((5, 3), solver="adam", max_iter=300, **PLAIN),
    "DeepSemiNMF-multiplicative": DeepSemiNMF((5, 3), solver="multiplicative", **PLAIN),
    "DeepSemiNMF-softplus": DeepSemiNMF(
        (5, 3), solver="multiplicative", nonlinearity="softplus", max_iter=20, **PLAIN
    ),
    "DeepWSF": DeepWSF((5, 3), **PLAIN),
}


def near_low_rank(n, rank):
    """So many samples of 12 features of mixed sign, of this rank but for some noise."""
    rng = np.random.default_rng(0)
    X = rng.random((n, rank)) @ rng.standard_normal((rank, 12))
    return X + 0.1 * rng.standard_normal(X.shape)


def fitted(kind, data, y=None, **parameters):
    """A fit of an estimator like this one but for some parameters."""
    return type(kind)(**{**kind.get_params(), **parameters}).fit(data, y)


def assert_same_fit(actual, expected, tolerance=1e-9):
    assert actual.n_iter_ == expected.n_iter_
    for name in {"Z_", "H_", "layer_components_"} & set(vars(expected)):
        for ours, theirs in zip(getattr(actual, name), getattr(expected, name), strict=True):
            assert ours.dtype == theirs.dtype
            assert relative_error(ours, theirs) < tolerance
    np.testing.assert_allclose(
        [actual.reconstruction_err_, *actual.history_["cost"]],
        [expected.reconstruction_err_, *expected.history_["cost"]],
        rtol=tolerance,
    )

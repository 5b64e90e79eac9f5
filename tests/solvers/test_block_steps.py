"""The step of a block of samples: in rows as in columns, of sparse rows as of dense ones."""

import gc
import weakref

import numpy as np
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf.data.recognition import variables_of
from dsnmf.solvers import adam, sums
from dsnmf.solvers.bcd import BlockCoordinateDescent
from dsnmf.solvers.multiplicative import Multiplicative
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import Moved, features_step
from tests.estimators.kinds import PLAIN

pytestmark = pytest.mark.usefixtures("without_numba")

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((9, 6)) * (RNG.random((9, 6)) < 0.4)
H, PSI, INVERSE = RNG.random((9, 3)), RNG.standard_normal((3, 3)), RNG.random((3, 3))
U = np.linalg.qr(RNG.standard_normal((6, 3)))[0].T


@pytest.mark.parametrize("as_rows", [np.asarray, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("rule", [Multiplicative, BlockCoordinateDescent])
def test_rows_go_as_columns(rule, as_rows):
    rows = as_rows(ROWS)
    step = sums._compile_features_step(rule, variables_of(rows), 1, False, "float64", PLAIN["mode"])
    new, QX, QQ = step(rows, H, U, INVERSE, PSI)
    moved = Moved(None, pt.constant(U), [pt.constant(PSI)], None, pt.constant(INVERSE))
    X, columns = (pt.constant(np.ascontiguousarray(of.T)) for of in (ROWS, H))
    (expected,), *wanted = features_step(X, [columns], moved, None, rule.features)
    values = compile_function([], [expected, *wanted], mode=PLAIN["mode"])()
    for found, value in zip((new.T, QX.T, QQ), values, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-14)


def test_adam_of_sparse_rows_goes_as_of_dense_ones():
    options = {"counted": (1, 0.01), "nonlinearity": "relu", "mode": PLAIN["mode"]}
    Zs, own = [RNG.standard_normal((6, 4)), RNG.standard_normal((4, 3))], [0 * H, 0 * H, H - 0.3]
    dense, sparse = (
        adam._move_block(rows, *own, Zs=Zs, **options)
        for rows in (ROWS, scipy.sparse.csr_matrix(ROWS))
    )
    for found, value in zip([*sparse[0], *sparse[1]], [*dense[0], *dense[1]], strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-10, atol=1e-14)


def test_nothing_of_a_block_stays():
    given, arrays = [U, INVERSE, PSI], [ROWS.copy(), H.copy()]
    seen = [weakref.ref(array) for array in arrays]
    new, terms = sums._move_block(*arrays, rule=Multiplicative, given=given, graphs=[], mode=None)
    seen += [weakref.ref(array) for array in (*new, *terms)]
    del arrays, new, terms
    gc.collect()
    assert not [of() for of in seen if of() is not None]

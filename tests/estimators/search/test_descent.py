"""The errors that the search for features goes down."""

import numpy as np

from dsnmf.estimators.search.descent import compile_errors, rectified_errors
from tests.estimators.kinds import PLAIN


def test_numpy_gives_what_the_compiled_function_gives_also_at_kinks():
    rng = np.random.default_rng(0)
    Zs = [rng.standard_normal(shape) for shape in ((9, 6), (6, 4), (4, 3))]
    H, X = rng.random((3, 8)), rng.standard_normal((9, 8))
    H[:, 2], H[1, 3] = 0, 0
    Zs[2][0] = 0
    known = (rng.random(X.shape) < 0.8).astype(float)
    expected = compile_errors(3, "relu", PLAIN["mode"])(H, X, known, *Zs)
    for ours, theirs in zip(rectified_errors(H, X, known, *Zs), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)

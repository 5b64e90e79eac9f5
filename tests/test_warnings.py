"""Deprecations that the package's own lines cause are errors in all tests, see setup.cfg."""

import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from dsnmf import WSF, SemiNMF

CATEGORIES = [
    DeprecationWarning,
    PendingDeprecationWarning,
    FutureWarning,
    np.exceptions.VisibleDeprecationWarning,
]


@pytest.mark.parametrize("category", CATEGORIES)
def test_deprecated_use_is_an_error_in_the_package_alone(category):
    def use(module):
        exec("warnings.warn('old', category)", {**names, "__name__": module})

    names = {"warnings": warnings, "category": category}
    with pytest.raises(category):
        use("dsnmf.training.loop")
    with pytest.warns(category):
        use("another")


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (SemiNMF(2, max_iter=1), lambda X: X),
        (SemiNMF(2), lambda X: X * [1e6, 1, 1, 1]),
        (SemiNMF(4), lambda X: X[:, :1] @ X[:1]),
        (SemiNMF(2, block_size=10), lambda X: X),
        (make_pipeline(SemiNMF(2, store="store")), lambda X: X),
        (WSF(2), lambda X: X),
    ],
)
def test_warnings_of_a_fit_point_at_the_users_line(model, change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X = change(np.random.default_rng(0).standard_normal((30, 4)))
    with pytest.warns((UserWarning, RuntimeWarning)) as told:
        model.fit_transform(X, np.repeat([-1, 1], 15))
    assert {warning.filename for warning in told} == {__file__}

"""Deprecations that the package's own lines cause are errors in all tests, see setup.cfg."""

import warnings

import numpy as np
import pytest

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

"""Parameters: declared once, shown by the classes that have them."""

import inspect

import numpy as np
import pytest

from dsnmf import WSF, DeepSemiNMF, DeepWSF, MultiViewDeepSemiNMF, SemiNMF
from dsnmf.estimators.parameters.declaration import PARAMETERS, first_parameter_that, numbers_of
from tests.api import section

CLASSES = [SemiNMF, DeepSemiNMF, WSF, DeepWSF, MultiViewDeepSemiNMF]


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_shows_its_parameters(kind):
    signature = inspect.signature(kind).parameters
    assert list(signature) == list(kind._parameters) == section(kind.__doc__, "Parameters")
    assert set(signature) == set(kind._parameter_constraints) == set(kind().get_params())
    positional = [n for n, each in signature.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert positional == list(signature)[: 2 if "WSF" in kind.__name__ else 1]
    assert "__init__" in vars(kind)
    kind()._validate_params()


def test_every_declaration_is_of_a_class():
    used = [parameter for kind in CLASSES for parameter in kind._parameters.values()]
    assert [name for name, each in PARAMETERS.items() if each not in used] == []


@pytest.mark.parametrize(
    ("estimator", "rule", "expected"),
    [
        (SemiNMF(compress="auto"), "needs_complete", None),
        (SemiNMF(compress=3), "needs_complete", "compress=3"),
        (DeepSemiNMF(whiten=0.5), "needs_complete", "whiten=0.5"),
        (WSF(transform_method="ridge"), "needs_complete", "transform_method='ridge'"),
        (SemiNMF(init=np.ones((2, 3, 3))), "needs_memory", None),
        (SemiNMF(init="lp"), "needs_memory", "init='lp'"),
        (SemiNMF(solver="bcd"), "needs_memory", None),
        (SemiNMF(center=True, scale=True), "needs_memory", None),
        (SemiNMF(center="median"), "needs_memory", "center='median'"),
        (DeepWSF(complete_labels=np.True_), "needs_memory", "complete_labels=np.True_"),
    ],
)
def test_what_a_value_excludes(estimator, rule, expected):
    assert first_parameter_that(estimator, rule) == expected


def test_the_numbers_of_a_fit():
    """Checkpoints of 0.2.0 name the first nine: one less would make theirs of other fits.

    Those that came later are at their defaults there.
    """
    of_0_2_0 = {
        *("compress", "forget_factor", "init", "max_iter", "noise_floor", "random_state"),
        *("solver", "tol", "warm_start"),
    }
    assert numbers_of(SemiNMF()).keys() - of_0_2_0 == {"absent", "center", "l2", "scale"}
    assert of_0_2_0 - numbers_of(SemiNMF()).keys() == set()
    others = {"affinity", "alphas", "complete_labels", "heat_width", "n_neighbors"}
    assert numbers_of(DeepWSF()).keys() - numbers_of(SemiNMF()).keys() == others

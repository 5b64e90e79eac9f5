"""What DSNMF says of training that leads nowhere."""

import warnings

import numpy as np
import pytensor
import pytest

from dsnmf import DSNMF, DeadModelWarning
from dsnmf.datasets import load_digits


class Squares(DSNMF):
    """Lives on where relu is dead."""

    def get_h(self, layer_num, have_dropout=False):
        return self.params[0] @ self.params[-1] ** 2


class Bias(DSNMF):
    """Reconstructs something where relu is dead."""

    def get_h(self, layer_num, have_dropout=False):
        return super().get_h(layer_num) + 1e-9


@pytest.mark.parametrize(
    ("unit", "options", "warns"),
    [
        (1, {}, False),
        (0.03, {}, False),
        (3e-3, {}, True),
        (1e-6, {}, True),
        (1e-6, {"learning_rate": 1e-10}, False),
        (1e-6, {"learning_rate": pytensor.shared(1e-3)}, True),
        (1e-6, {"compress": True, "whiten": 1}, False),
        (1e-6, {"pretrain": False}, False),
        (0, {}, False),
    ],
)
def test_too_large_steps_for_the_unit_are_said(unit, options, warns):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        DSNMF(unit * load_digits().data, (100, 20), **options)
    assert [str(w.message)[:27] for w in said] == ["learning_rate = 0.001 is to"] * warns
    assert all(w.filename == __file__ for w in said)


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize(("cls", "dies"), [(DSNMF, True), (Squares, False), (Bias, False)])
def test_dead_models_are_said_by_fit_alone(cls, dies):
    model = cls(np.random.default_rng(1).standard_normal((30, 8)), (5,))
    Z, H = model.get_param_values()
    model.set_param_values([1e-6 * Z, -H - 1e-3])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(4):
            model.train_fun()
        assert not said
        model.fit(4)
    assert [w.category for w in said] == [DeadModelWarning] * dies
    assert all(w.filename == __file__ for w in said)
    assert len(model.history) == (2 if dies else 4)

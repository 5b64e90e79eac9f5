"""Adam as an update rule; its trajectories are checked in test_dsnmf."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf.updates import adam


@pytest.fixture
def x():
    return pytensor.shared(np.array([1.0, -2.0], dtype="float32"), name="x")


def test_gradients_may_be_given_and_float32_stays(x):
    loss = pt.sqr(x).sum()
    by_loss, by_gradient = adam(loss, [x]), adam([2 * x], [x])
    assert [variable.name for variable in by_loss] == ["adam_t", "adam_m_x", "adam_v_x", "x"]
    assert by_loss[x].dtype == "float32"
    np.testing.assert_allclose(by_loss[x].eval(), by_gradient[x].eval())
    np.testing.assert_allclose(by_loss[x].eval(), [0.999, -1.999], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": -1}, "learning_rate"),
        ({"beta1": 1}, r"beta1 must be in \[0, 1\)"),
        ({"beta2": -0.1}, "beta2"),
        ({"epsilon": 0}, "epsilon"),
    ],
)
def test_numbers_out_of_range_are_named(x, options, message):
    with pytest.raises(ValueError, match=message):
        adam(pt.sqr(x).sum(), [x], **options)


def test_needs_shared_parameters_and_one_gradient_each(x):
    with pytest.raises(TypeError, match="params must be shared variables"):
        adam(pt.sqr(x).sum(), [x + 1])
    with pytest.raises(ValueError, match="1 gradients for 2 params"):
        adam([x], [x, x])

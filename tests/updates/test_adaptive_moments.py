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
    by_loss, by_gradient = adam(loss=loss, params=[x]), adam([2 * x], [x])
    assert [variable.name for variable in by_loss] == ["adam_t", "adam_m_x", "adam_v_x", "x"]
    assert by_loss[x].dtype == "float32"
    np.testing.assert_allclose(by_loss[x].eval(), by_gradient[x].eval())
    np.testing.assert_allclose(by_loss[x].eval(), [0.999, -1.999], rtol=1e-6)


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_learning_rate_may_be_symbolic(x, dtype):
    rate, factor = pytensor.shared(np.asarray(0.5, dtype), name="rate"), pt.scalar(dtype=dtype)
    rule = adam(x.sum(), [x], learning_rate=rate * factor)
    step = pytensor.function([factor], x.sum(), updates=rule)
    step(1)
    rate.set_value(np.asarray(0.25, dtype))
    step(2)  # constant gradients: each step is as long as its rate
    np.testing.assert_allclose(x.get_value(), [0, -3], atol=1e-6)
    with pytest.raises(TypeError, match="learning_rate must be a number or a real scalar variable"):
        adam(x.sum(), [x], learning_rate=x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": np.array(np.nan)}, "learning_rate"),
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

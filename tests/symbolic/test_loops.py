"""Fused elementwise operations as loops, beside PyTensor's own evaluation."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf import updates
from dsnmf.symbolic.loops import Loop
from dsnmf.training.modes import NODE_BY_NODE, compile_function

RNG = np.random.default_rng(0)


def formula(A, B, row, column, scalar):
    return A * pt.sqrt(pt.maximum(B, 0) + row + column) / (scalar + abs(A))


def variables(dtype="float64"):
    return [
        pt.matrix("A", dtype=dtype), pt.matrix("B", dtype=dtype), pt.row("row", dtype=dtype),
        pt.col("column", dtype=dtype), pt.scalar("scalar", dtype=dtype),
    ]  # fmt: skip


def values(dtype, order):
    shapes = (3, 4), (3, 4), (1, 4), (3, 1), ()
    return [np.array(RNG.random(shape), dtype, order=order) for shape in shapes]


def loops(function):
    return [node.op for node in function.maker.fgraph.apply_nodes if isinstance(node.op, Loop)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_of_any_order_and_broadcast_ones(dtype, order):
    symbols, arrays = variables(dtype), values(dtype, order)
    function = compile_function(symbols, formula(*symbols))
    assert len(loops(function)) == 1
    A, B, row, column, scalar = arrays
    result = function(*arrays)
    expected = A * np.sqrt(B + row + column) / (scalar + A)
    np.testing.assert_allclose(result, expected, rtol=10 * np.finfo(dtype).eps)
    assert result.dtype == dtype
    strided = [array[::-1] if array.ndim else array for array in arrays]
    np.testing.assert_array_equal(function(*strided), result[::-1])


def test_shapes_that_do_not_fit_are_refused():
    A, B = pt.matrix(), pt.matrix()
    function = compile_function([A, B], abs(A) + abs(B))
    with pytest.raises(ValueError, match="broadcast"):
        function(np.ones((3, 4)), np.ones((1, 4)))
    with pytest.raises(ValueError, match="shape"):
        function(np.ones((3, 4)), np.ones((3, 5)))


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_updated_in_place_is_all_of_it(order):
    value = np.array(RNG.random((3, 4)), order=order)
    x, g = pytensor.shared(value), pt.matrix()
    rule = updates.adam([g], [x], 0.1)
    start = [variable.get_value() for variable in rule]
    found = []
    for mode in (NODE_BY_NODE, "FAST_COMPILE"):
        for variable, old in zip(rule, start):
            variable.set_value(old)
        step = compile_function([g], updates=rule, mode=mode)
        for _ in range(3):
            step(np.full((3, 4), 0.5, order=order))
        assert any(op.destroyed for op in loops(step)) == (mode is NODE_BY_NODE)
        found.append([variable.get_value() for variable in rule])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_division_by_zero_is_numpys():
    A = pt.matrix()
    result = compile_function([A], abs(A) / A - 1)(np.array([[0.0, -2.0]]))
    np.testing.assert_array_equal(result, [[np.nan, -2]])


@pytest.mark.filterwarnings("error")
def test_overflow_is_not_warned_of():
    A = pt.matrix()
    assert compile_function([A], pt.dot(A, A))(np.full((2, 2), 1e300)).max() == np.inf


def test_a_mode_is_used_and_so_is_pytensors_setting():
    A = pt.matrix()
    assert loops(compile_function([A], abs(A) + A * A))
    assert not loops(compile_function([A], abs(A) + A * A, mode="FAST_COMPILE"))
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        assert not loops(compile_function([A], abs(A) + A * A))

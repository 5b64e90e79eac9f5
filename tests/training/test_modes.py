"""`compile_function` takes what `pytensor.function` takes, in the same places."""

from collections import OrderedDict

import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.io import In, Out

from dsnmf.training.modes import NODE_BY_NODE, compile_function


@pytest.mark.parametrize("wrap", [lambda y: y, lambda y: Out(y, borrow=True)])
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("form", [dict, OrderedDict, list, tuple, iter])
def test_updates_and_outputs_in_every_form(form, several, wrap):
    w = pytensor.shared(0.0)
    cost = wrap((w - 3) ** 2)
    step = compile_function([], [cost] if several else cost, updates=form([(w, w + 1)]))
    costs = [step() for _ in range(3)]
    assert (costs if not several else [cost for (cost,) in costs]) == [9, 4, 1]
    assert w.get_value() == 3
    assert step.maker.mode is NODE_BY_NODE


def test_a_variable_with_two_updates_is_refused():
    w = pytensor.shared(0.0)
    with pytest.raises(ValueError, match="already has an update"):
        compile_function([], updates=[(w, w + 1), (w, w + 2)])


def test_the_order_of_arguments_is_theanos():
    x, y, w = pt.dvector("x"), pt.dscalar("y"), pytensor.shared(1.0)
    arguments = [In(x)], x * w + y, "FAST_COMPILE", [(w, w + 1)], {y: w * 10}
    ours, theirs = compile_function(*arguments), pytensor.function(*arguments)
    assert ours.maker.mode == theirs.maker.mode
    assert ours([2.0]) == 12
    assert theirs([2.0]) == 24


@pytest.mark.parametrize("place", ["outputs", "updates", "givens"])
def test_graphs_with_loops_are_compiled_wherever_they_are(place):
    x, w = pt.dscalar(), pytensor.shared(1.0)
    doubled = pytensor.scan(lambda a: 2 * a, outputs_info=[w], n_steps=3, return_updates=False)[-1]
    arguments = {
        "outputs": ([], Out(doubled)),
        "updates": ([], None, None, [(w, doubled)]),
        "givens": ([], x + 0, None, None, [(x, doubled)]),
    }[place]
    with pytensor.config.change_flags(mode="Mode"):
        assert compile_function(*arguments).maker.mode is not NODE_BY_NODE


@pytest.mark.parametrize("mode", [None, "Mode"])
def test_the_default_by_its_name_is_the_default(mode):
    """Blocks of samples name the mode of the process that has the fit."""
    x = pt.dscalar()
    with pytensor.config.change_flags(mode="Mode"):
        assert compile_function([x], 2 * x, mode).maker.mode is NODE_BY_NODE
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        is_default = compile_function([x], 2 * x, mode).maker.mode is NODE_BY_NODE
    assert is_default == (mode == "Mode")


def test_generated_source_is_not_left_among_temporary_files(tmp_path, monkeypatch):
    """PyTensor 3.3 has a setting for it; older versions leave a file for each function."""
    if not hasattr(pytensor.config, "generated_src_dir"):
        pytest.skip("this PyTensor has no folder for generated source")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    x = pt.matrix()
    compile_function([x], pt.exp(x) + x**2 + 0.731)
    assert list(tmp_path.iterdir()) == []
    assert pytensor.config.generated_src_dir == ""

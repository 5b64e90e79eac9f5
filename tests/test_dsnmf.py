"""DSNMF against the runs of the 2015 Theano module, and as a class that people use."""

import copy
import os
import pickle
import signal
import threading
from itertools import pairwise

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf import DSNMF, adam
from tests.conftest import params_at, relative_error

THEANO_RUNS = ["pre_5", "pre_12_5", "pre_12_5_l1", "pre_12_2_l1", "rand_12_5_l1"]


def assert_params(model, expected):
    for actual, wanted in zip(model.get_param_values(), expected):
        assert relative_error(actual, wanted) < 1e-8


@pytest.fixture(scope="module")
def data():
    return np.random.default_rng(1).standard_normal((30, 8))


@pytest.fixture(scope="module")
def trained(data):
    """One compiled model, put back to its start by the tests that move it."""
    model = DSNMF(data, (5, 3), random_state=3).fit(25)
    model.get_features(), model.get_reconstruction()
    return model


@pytest.mark.parametrize("name", THEANO_RUNS)
def test_follows_the_theano_run(reference, name):
    run = reference(f"theano/{name}")
    model = DSNMF(
        reference("theano/data")["data"],
        run["layers"].tolist(),
        l1_norms=run["l1_norms"],
        pretrain=False,
        learning_rate=float(run["learning_rate"]),
    )
    model.set_param_values(params_at(run, "init"))
    costs = []
    for epoch in range(1, 201):
        costs.append(model.train_fun())
        if epoch in (1, 10, 50):
            assert_params(model, params_at(run, f"after{epoch}"))
    np.testing.assert_allclose(costs, run["costs"], rtol=1e-9)
    assert_params(model, params_at(run, "final"))
    assert relative_error(model.get_features(), run["features"]) < 1e-8
    if "recon" in run:
        assert relative_error(model.get_reconstruction(), run["recon"]) < 1e-8

    model.finetune_features()
    np.testing.assert_allclose([model.train_fun() for _ in range(50)], run["ft_costs"], rtol=1e-9)
    assert_params(model, params_at(run, "ft"))
    assert relative_error(model.get_features(), run["ft_features"]) < 1e-8


@pytest.mark.usefixtures("without_numba")
def test_has_the_original_interface(trained, data):
    assert [param.name for param in trained.params] == ["Z_1", "Z_2", "H_2"]
    assert trained.layers == [5, 3]
    assert trained.get_features().shape == (3, 30)
    assert trained.get_reconstruction().shape == data.T.shape
    l2 = trained.get_h(2).eval()
    l1 = trained.get_h(1).eval()
    Z_1, Z_2, H_2 = trained.get_param_values()
    np.testing.assert_allclose(l2, np.maximum(H_2, 0))
    np.testing.assert_allclose(l1, np.maximum(Z_2 @ l2, 0))
    np.testing.assert_allclose(trained.get_reconstruction(), Z_1 @ l1)
    np.testing.assert_allclose(trained.get_h(-1).eval(), Z_1 @ l1)
    for layer in (0, 3, -2):
        with pytest.raises(ValueError, match="layer_num must be in 1 … 2, or -1, got"):
            trained.get_h(layer)
    cost = ((data.T - Z_1 @ l1) ** 2).sum()
    np.testing.assert_allclose(trained.cost.eval(), cost)


def test_same_call_same_model_and_seeds_differ(data):
    def values(pretrain=False, **options):
        return DSNMF(data, (5, 3), pretrain=pretrain, **options).get_param_values()

    for options in ({"random_state": 0}, {"pretrain": True}):
        np.testing.assert_array_equal(values(**options)[0], values(**options)[0])
    assert (values(random_state=1)[0] != values(random_state=0)[0]).any()
    rng = np.random.default_rng(7)
    assert (values(random_state=rng)[0] != values(random_state=rng)[0]).any()


@pytest.mark.parametrize("given", ["float32", "float64", "int16", "bool"])
def test_dtype_follows_the_data_which_is_copied(data, given):
    data = (data * 10).astype(given)
    model = DSNMF(data, (4,), random_state=0)
    expected = given if given.startswith("float") else "float64"
    assert {param.dtype for param in [model.X, *model.params]} == {expected}
    before = model.X.get_value().copy()
    data[:] = 0
    np.testing.assert_array_equal(model.X.get_value(), before)
    assert model.X.get_value(borrow=True).flags.c_contiguous


def test_float32_training_stays_float32_and_agrees_with_float64(data):
    costs = {}
    for dtype in ("float32", "float64"):
        model = DSNMF(data.astype(dtype), (5, 3)).fit(30)
        assert {value.dtype for value in model.get_param_values()} == {np.dtype(dtype)}
        assert model.get_features().dtype == dtype
        costs[dtype] = model.history
    np.testing.assert_allclose(costs["float32"], costs["float64"], rtol=1e-3)


@pytest.mark.parametrize("layers", [(1,), (3, 1), (2, 6), (40,), (12, 50), (8, 8)])
def test_narrow_and_wide_layers_work(data, layers):
    *Zs, H = DSNMF(data, layers).get_param_values()
    widths = (data.shape[1], *layers)
    assert [Z.shape for Z in Zs] == list(pairwise(widths))
    assert H.shape == (layers[-1], len(data))
    assert H.min() >= 0
    assert all(np.isfinite(value).all() for value in [*Zs, H])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": np.ones(5)}, ValueError, "data must be 2-d, got 1-d"),
        ({"data": np.ones((0, 5))}, ValueError, "data must not be empty"),
        ({"data": [[1.0, np.nan]]}, ValueError, "data must be finite"),
        ({"data": [[1.0, np.inf]]}, ValueError, "data must be finite"),
        ({"data": [["a", "b"]]}, TypeError, "data must hold real numbers"),
        ({"data": np.ones((2, 2), complex)}, TypeError, "data must hold real numbers"),
        ({"data": np.ma.masked_less(np.eye(4), 1)}, ValueError, "data must not have masked"),
        ({"layers": ()}, ValueError, "layers must name at least one"),
        ({"layers": 5}, TypeError, "layers must be a sequence"),
        ({"layers": (5, 0)}, ValueError, r"layers\[1\] must be >= 1"),
        ({"layers": (-5,)}, ValueError, r"layers\[0\] must be >= 1"),
        ({"layers": (2.5,)}, TypeError, r"layers\[0\] must be an integer"),
        ({"l1_norms": (0, 0, 0, 0)}, ValueError, "l1_norms must hold at most 3"),
        ({"l1_norms": (-1,)}, ValueError, r"l1_norms\[0\]"),
        ({"learning_rate": 0}, ValueError, "learning_rate"),
        ({"l1_norms": 0.1}, TypeError, "l1_norms must be a sequence"),
        (
            {"l1_norms": (pt.vector(),)},
            TypeError,
            r"l1_norms\[0\] must be a number or a real scalar",
        ),
        ({"l1_norms": (pt.scalar("w"),)}, ValueError, "got the input w, which has no value"),
        (
            {"l1_norms": (pt.constant(1.0),), "compress": True},
            ValueError,
            r"l1_norms\[0\] must be 0",
        ),
        ({"learning_rate": "fast"}, TypeError, "learning_rate"),
        ({"learning_rate": pt.scalar("r")}, ValueError, "got the input r, which has no value"),
        ({"random_state": -1}, ValueError, "random_state"),
        ({"random_state": "x"}, TypeError, "random_state"),
    ],
)
def test_bad_arguments_are_named(data, arguments, error, message):
    with pytest.raises(error, match=message):
        DSNMF(**({"data": data, "layers": (5, 3)} | arguments))


def test_set_param_values_is_all_or_nothing(trained):
    before = trained.get_param_values()
    good = [value + 1 for value in before]
    bad_last = [
        (ValueError, "H_2 must have shape", good[2][:, 1:]),
        (ValueError, "H_2 must be finite", good[2] * np.nan),
        (TypeError, "H_2 must have dtype", good[2].astype(complex)),
        (TypeError, "H_2 must have dtype", good[2].astype(str)),
    ]
    for error, message, value in bad_last:
        with pytest.raises(error, match=message):
            trained.set_param_values([*good[:2], value])
    with pytest.raises(ValueError, match="values must hold 3 arrays, got 2"):
        trained.set_param_values(good[:2])
    for value, expected in zip(trained.get_param_values(), before):
        np.testing.assert_array_equal(value, expected)

    trained.set_param_values(good)
    good[0][:] = 0
    assert (trained.get_param_values()[0] == before[0] + 1).all()
    trained.set_param_values(before)


def test_set_param_values_rounds_to_the_dtype_of_the_model(data):
    model = DSNMF(data.astype("float32"), (5,))
    Z, H = (value.astype(float) + 1e-9 for value in model.get_param_values())
    model.set_param_values([Z.tolist(), H.astype(int)])
    for actual, given in zip(model.get_param_values(), (Z, H.astype(int))):
        assert actual.dtype == np.float32
        np.testing.assert_array_equal(actual, given.astype("float32"))
    model.params[0].set_value(2 * Z)
    assert model.get_param_values()[0].dtype == np.float32
    masked = np.ma.masked_less(Z, 0)
    for value, words in ((1e300 + Z, "be finite in float32"), (masked, "not have masked entries")):
        with pytest.raises(ValueError, match=f"Z_1 must {words}"):
            model.set_param_values([value, H])


def test_fit_stops_by_tol_and_by_callback(data):
    model = DSNMF(data, (5, 3))
    seen = []
    assert model.fit(50, callback=lambda epoch, cost: seen.append(cost) or epoch == 4) is model
    assert model.history == seen
    assert (len(seen), model.stopped_by) == (4, "callback")
    model.fit(3)
    assert len(model.history) == 7
    model.fit(5000, tol=1e-2)
    assert model.stopped_by == "tol"
    assert len(model.history) < 1000
    with pytest.raises(ValueError, match="n_epochs must be >= 1"):
        model.fit(0)
    with pytest.raises(TypeError, match="callback must be callable"):
        model.fit(1, callback=3)


def test_ctrl_c_keeps_the_last_finished_epoch(trained):
    before = len(trained.history)

    def interrupt(epoch, cost):
        if epoch == 3:
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.warns(RuntimeWarning, match="interrupted after iteration 3"):
        trained.fit(1000, callback=interrupt)
    assert (len(trained.history), trained.stopped_by) == (before + 3, "interrupt")
    assert signal.getsignal(signal.SIGINT) is handler
    assert np.isfinite(trained.get_features()).all()


def test_fit_works_outside_the_main_thread(trained):
    before = len(trained.history)
    thread = threading.Thread(target=trained.fit, args=(2,))
    thread.start()
    thread.join()
    assert len(trained.history) == before + 2


def saved(model, path):
    model.save(path)
    return DSNMF.load(path)


COPIES = {
    "save": saved,
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "copy": lambda model, path: copy.copy(model),
    "deepcopy": lambda model, path: copy.deepcopy(model),
}


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("state", ["new", "trained", "finetuned", "compressed"])
def test_a_copy_continues_exactly_and_alone(data, tmp_path, how, state):
    options = {"compress": 6} if state == "compressed" else {"l1_norms": (1e-3, 0, 1e-3)}
    model = DSNMF(data, (5, 3), learning_rate=2e-3, **options)
    if state != "new":
        model.fit(4)
    if state == "finetuned":
        model.finetune_features(3e-3)
        model.fit(2)
    model.get_features(), model.get_reconstruction()
    other = COPIES[how](model, tmp_path / "model")
    before = other.get_param_values()
    model.fit(5)
    for actual, expected in zip(other.get_param_values(), before):
        np.testing.assert_array_equal(actual, expected)
    assert other.fit(5).history == model.history
    assert (other.layers, other.l1_norms) == (model.layers, model.l1_norms)
    for actual, expected in zip(other.get_param_values(), model.get_param_values()):
        np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(other.get_features(), model.get_features())
    np.testing.assert_array_equal(other.get_reconstruction(), model.get_reconstruction())


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize("how", ["pickle", "copy", "deepcopy"])
def test_a_copy_keeps_what_a_client_changed_or_is_refused(data, how):
    model = DSNMF(data, (5, 3))
    model.cost = model.cost + (model.params[0] ** 2).sum()
    model.train_fun = pytensor.function(
        [], model.cost, updates=adam(model.cost, model.params[:1], learning_rate=0.1)
    )
    other = COPIES[how](model, None)
    assert other.fit(3).history == model.fit(3).history
    for each in (model, other):
        each.finetune_features()
    assert other.fit(3).history == model.fit(3).history
    model.train_fun = lambda: 0.0
    with pytest.raises(pickle.PicklingError, match="a copy's train_fun would go on with this"):
        COPIES[how](model, None)


def test_diverged_training_raises(data):
    model = DSNMF(data * 1e160, (3,), pretrain=False)
    with pytest.raises(FloatingPointError, match="the cost is"), np.errstate(over="ignore"):
        model.fit(5)


def test_verbose_decides_what_is_printed(data, capfd):
    DSNMF(data, (5, 3)).fit(2)
    assert capfd.readouterr() == ("", "")
    DSNMF(data, (5, 3), verbose=True).fit(2)
    out, err = capfd.readouterr()
    assert "a layer of 3 components" in out
    assert "2/2" in err

"""What research code does with the 2015 class, against the values of the Theano module."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import dsnmf
from dsnmf import DSNMF, adam, dropout, floatX, init_weights, relu
from tests.conftest import params_at, relative_error

pytestmark = pytest.mark.usefixtures("without_numba")

EPOCHS = 25


class OwnInit(DSNMF):
    """As research code extends the original: nothing but params, cost and train_fun."""

    def __init__(self, data, layers, l1_norms, learning_rate):
        H = data.T
        self.params = []
        for i, layer in enumerate(layers, start=1):
            Z, H = init_weights(H, layer, svd_init=False)
            self.params.append(pytensor.shared(floatX(Z), name=f"Z_{i}"))
        self.params.append(pytensor.shared(floatX(x=H), name=f"H_{len(layers)}"))
        self.cost = own_cost(self, data, l1_norms)
        updates = adam(self.cost, self.params, learning_rate=learning_rate)
        self.train_fun = pytensor.function([], self.cost, updates=updates)


class OwnReconstruction(DSNMF):
    """A `get_h` as in the original, which looks at -1 only."""

    g = staticmethod(relu)

    def get_h(self, layer_num, have_dropout=False):
        h = self.g(self.params[-1])
        if have_dropout:
            h = dropout(h, p=0.1)
        for Z in reversed(self.params[1:-1]):
            h = self.g(pt.dot(Z, h))
        return pt.dot(self.params[0], h) if layer_num == -1 else h


class Softplus(OwnReconstruction):
    g = staticmethod(pt.softplus)


class Matmul(DSNMF):
    def get_h(self, layer_num, have_dropout=False):
        return self.params[0] @ super().get_h(1)


def own_cost(model, data, l1_norms):
    cost = ((data.T - model.get_h(-1)) ** 2).sum()
    for norm, param in zip(l1_norms, model.params):
        cost += (norm * abs(param)).sum()
    return cost


@pytest.fixture(scope="module")
def run(reference):
    """A Theano run with penalties on all parameters, and its data."""
    return reference("theano/pre_12_5_l1") | {"data": reference("theano/data")["data"]}


def started(run, cls=DSNMF, at="init", learning_rate=None, l1_norms=None):
    """A model where the Theano run began ("init"), or where its fine-tuning did ("final")."""
    model = cls(
        run["data"],
        layers=run["layers"].tolist(),
        l1_norms=run["l1_norms"] if l1_norms is None else l1_norms,
        learning_rate=floatX(run["learning_rate"]) if learning_rate is None else learning_rate,
    )
    model.set_param_values(params_at(run, at))
    return model


def kept_while_finetuning(run):
    full = (model := started(run)).train_fun
    model.finetune_features()
    return full


def cost_changed_without_finetuning(run):
    model = started(run)
    model.cost = 2 * model.cost
    return model.train_fun


def own_adam(run):
    model = started(run)
    updates = adam(loss=model.cost, params=model.params, learning_rate=run["learning_rate"])
    return pytensor.function([], model.cost, updates=updates)


STEPS = {
    "as it is": lambda run: started(run).train_fun,
    "own Adam": own_adam,
    "own __init__": lambda run: started(run, OwnInit).train_fun,
    "own get_h": lambda run: started(run, OwnReconstruction).train_fun,
    "get_h by @": lambda run: started(run, Matmul).train_fun,
    "shared rate": lambda run: (
        started(run, learning_rate=pytensor.shared(run["learning_rate"].item())).train_fun
    ),
    "symbolic norms": lambda run: (
        started(run, l1_norms=[2 * pytensor.shared(norm) for norm in run["l1_norms"] / 2]).train_fun
    ),
    "kept while finetuning": kept_while_finetuning,
    "cost changed without finetuning": cost_changed_without_finetuning,
}


@pytest.mark.parametrize("client", STEPS)
def test_steps_of_clients_follow_the_theano_run(run, client):
    step = STEPS[client](run)
    costs = [step().item() for _ in range(EPOCHS)]
    np.testing.assert_allclose(costs, run["costs"][:EPOCHS], rtol=1e-9)


def own_cost_assigned(run):
    model = started(run, at="final")
    model.cost = own_cost(model, run["data"], run["l1_norms"])
    return model


def own_step_assigned(run):
    model = started(run, at="final")
    model.train_fun = lambda: 0.0
    return model


CHANGED = {
    "as it is": lambda run: started(run, at="final"),
    "own cost": own_cost_assigned,
    "own step": own_step_assigned,
    "own __init__": lambda run: started(run, OwnInit, at="final"),
    "own get_h": lambda run: started(run, OwnReconstruction, at="final"),
}


@pytest.mark.parametrize("client", CHANGED)
def test_finetuning_after_changes_follows_the_theano_run(run, client):
    model = CHANGED[client](run)
    model.finetune_features()
    model.fit(50)
    np.testing.assert_allclose(model.history, run["ft_costs"], rtol=1e-9)
    for actual, expected in zip(model.get_param_values(), params_at(run, "ft")):
        assert relative_error(actual, expected) < 1e-8
    assert relative_error(model.get_features(), run["ft_features"]) < 1e-8


def plainly(model, cost, params):
    return pytensor.function([], cost, updates=adam(cost, params))


def test_finetuning_trains_on_whatever_cost_is_then(run):
    model, twin = started(run), started(run)
    costs = [m.cost + 5 * (m.params[-1] ** 2).sum() for m in (model, twin)]
    model.cost = costs[0]
    model.finetune_features()
    expected = plainly(twin, costs[1], twin.params[-1:])
    np.testing.assert_allclose(
        [model.train_fun() for _ in range(9)], [expected() for _ in range(9)]
    )


def test_a_get_h_of_ones_own_is_in_cost_reconstruction_and_gradients(run):
    model, twin = started(run, Softplus), started(run, Softplus)
    Z_1, Z_2, H = model.get_param_values()
    expected = Z_1 @ np.logaddexp(0, Z_2 @ np.logaddexp(0, H))
    np.testing.assert_allclose(model.get_reconstruction(), expected)
    np.testing.assert_array_equal(model.get_features(), relu(H))
    norms = sum(norm * np.abs(p).sum() for norm, p in zip(run["l1_norms"], (Z_1, Z_2, H)))
    np.testing.assert_allclose(
        model.cost.eval(), np.sum((run["data"].T - expected) ** 2) + norms, rtol=1e-12
    )
    step = plainly(twin, twin.cost, twin.params)
    np.testing.assert_allclose(
        [model.train_fun() for _ in range(9)], [step() for _ in range(9)], rtol=1e-9
    )


def test_fit_runs_what_train_fun_is_at_each_epoch(run):
    model = started(run)
    step, calls, values = model.train_fun, [], []
    model.train_fun = lambda: calls.append(1) or step()

    def finetune_from_the_third(epoch, cost):
        values.append(model.get_param_values())
        if epoch == 2:
            model.finetune_features()

    model.fit(4, callback=finetune_from_the_third)
    assert len(calls) == 2
    moved = [[(a != b).any() for a, b in zip(*pair)] for pair in pairwise(values)]
    assert moved == [[True] * 3, [False, False, True], [False, False, True]]
    model.train_fun = lambda: None
    with pytest.raises(TypeError, match="train_fun must return the cost, one number, got None"):
        model.fit(1)


def test_dropout_in_get_h_is_of_a_tenth(run):
    model = started(run, at="final")
    full = model.get_features()
    draw = pytensor.function([], [model.get_h(2, have_dropout=True) for _ in range(2)])
    dropped, other = draw()
    assert (dropped != other).any()
    np.testing.assert_allclose(dropped[dropped > 0], full[dropped > 0] / 0.9)
    assert 0.01 < 1 - (dropped > 0).sum() / (full > 0).sum() < 0.25


def test_functions_are_pytensor_functions(run):
    model = started(run)
    cost = model.train_fun()
    assert (cost.dtype, cost.item()) == ("float64", pytest.approx(run["costs"][0]))
    for function in (model.train_fun, model.get_features, model.get_reconstruction):
        assert function.maker.fgraph.outputs
        assert pytensor.dprint(function, file="str")
    assert model.layers + [2] == [12, 5, 2]  # noqa: RUF005 (what clients write)


def test_other_numbers_of_samples_may_be_given(run):
    model = started(run)
    Z_1, Z_2, H = model.get_param_values()
    samples, features = pt.matrix(), pt.matrix()
    error = ((samples - model.get_h(-1)) ** 2).sum()
    function = pytensor.function([samples, features], error, givens={model.params[-1]: features})
    reconstruction = Z_1 @ relu(Z_2 @ relu(H[:, :7]))
    few = run["data"][:7].T
    np.testing.assert_allclose(function(few, H[:, :7]), np.sum((few - reconstruction) ** 2))


def test_random_restarts_differ_and_are_the_original_draws(run):
    def restarts():
        np.random.seed(3)
        return [DSNMF(run["data"], (4, 2), pretrain=False).get_param_values() for _ in range(2)]

    first, second = restarts()
    np.random.seed(3)
    Z_1, _, Z_2, H_2 = (0.08 * np.random.rand(*s) for s in ((40, 4), (4, 60), (4, 2), (2, 60)))
    for actual, expected, other in zip(first, (Z_1, Z_2, H_2), second):
        np.testing.assert_array_equal(actual, expected)
        assert (actual != other).any()
    np.testing.assert_array_equal(restarts()[1][0], second[0])


@pytest.mark.parametrize(("floatx", "dtype"), [("float32", "float32"), ("float64", "float64")])
def test_own_sgd_with_python_constants_works_where_floatx_is_the_dtype(run, floatx, dtype):
    with pytensor.config.change_flags(floatX=floatx):
        model = DSNMF(run["data"].astype(dtype), (5,))
        before = model.get_param_values()[0]
        gradient = pt.grad(model.cost, model.params[0])
        updates = [(model.params[0], model.params[0] - 0.01 * gradient)]
        model.train_fun = pytensor.function([], model.cost, updates=updates)
        model.fit(1)
    after = model.get_param_values()[0]
    assert after.dtype == dtype
    assert (after != before).any()


def test_the_names_of_the_original_can_be_imported():
    assert {"DSNMF", "adam", "appr_seminmf", "dropout", "floatX", "init_weights", "relu"} < set(
        dsnmf.__all__
    )
    assert {"SemiNMF", "DeepSemiNMF", "WSF", "DeepWSF"} < set(dsnmf.__all__)
    program = """
import sys
sys.modules["sklearn"] = None
from dsnmf import *
assert DSNMF and adam and init_weights and "SemiNMF" not in globals()
import dsnmf
try:
    dsnmf.SemiNMF
except ImportError as error:
    assert "pip install" in str(error)
"""
    subprocess.run([sys.executable, "-c", program], check=True)

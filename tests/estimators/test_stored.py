"""Models and checkpoints of version 0.2.0, as that version wrote them, in its own folder."""

import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from dsnmf import DSNMF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.estimators.saved import open_estimator
from tests.conftest import relative_error

STORED = Path(__file__).parent / "stored_0_2_0"
X = np.load(STORED / "X.npy")
Y = np.column_stack([np.arange(24) % 2, np.arange(24) % 3])
with np.load(STORED / "expected.npz") as _file:
    EXPECTED = dict(_file)

#: float32, on other machines too.
CLOSE = 1e-4

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("name", ["SemiNMF", "stream", "linear", "WSF", "DeepWSF"])
def test_linear_models_give_the_same_features(name):
    model = open_estimator(STORED / f"{name}.model")
    assert relative_error(model.components_, EXPECTED[f"{name} components"]) < CLOSE
    assert relative_error(model.transform(X), EXPECTED[f"{name} features"]) < CLOSE
    if name == "stream":
        model.partial_fit(X)
        assert relative_error(model.components_, EXPECTED["stream next components"]) < CLOSE
        assert (model.n_samples_seen_, model.n_steps_) == (48, 3)
    else:
        assert model.reconstruction_err_ == EXPECTED[f"{name} error"]


@pytest.mark.parametrize("name", ["relu", "softplus"])
def test_others_reproduce_the_samples_as_well(name):
    """The search for their features may be another."""
    model = open_estimator(STORED / f"{name}.model")
    error = np.linalg.norm(X - model.inverse_transform(model.transform(X)))
    assert error < 1.1 * EXPECTED[f"{name} error"]


def test_the_2015_class():
    model = DSNMF.load(STORED / "DSNMF.model")
    assert relative_error(model.get_features(), EXPECTED["DSNMF features"]) < CLOSE
    assert relative_error(model.fit(5).get_features(), EXPECTED["DSNMF next features"]) < CLOSE


FLOOR = {"noise_floor": 2.0**-23 * 1000}
FITS = {
    "SemiNMF": SemiNMF(3, compress=False, **FLOOR),
    "relu": DeepSemiNMF((4, 3), compress=4, learning_rate=0.01, **FLOOR),
    "DeepWSF": DeepWSF((4, 3), alphas=0.1, compress=False, **FLOOR),
}


@pytest.fixture
def resumed(tmp_path, monkeypatch):
    """A call that goes on from a copy of a stored checkpoint, to where 0.2.0 ended."""
    monkeypatch.setattr(SemiNMF, "_has_gauge", lambda self: False)

    def resumed(name, model=None, data=X, **parameters):
        model = FITS[name] if model is None else model
        folder = tmp_path / "state"
        shutil.copytree(STORED / f"{name}.checkpoint", folder, dirs_exist_ok=True)
        np.save(tmp_path / "X.npy", data)
        model.set_params(block_size=8, max_iter=12, tol=0, checkpoint=folder, **parameters)
        return model.fit(np.load(tmp_path / "X.npy", mmap_mode="r"), Y)

    return resumed


@pytest.mark.parametrize("name", FITS)
def test_an_interrupted_fit_goes_on(name, resumed):
    iterations = []
    model = resumed(name, callback=lambda iteration, state: iterations.append(iteration))
    assert iterations == list(range(6, 13))
    assert relative_error(model.components_of(-1), EXPECTED[f"{name} resumed components"]) < CLOSE


class Later(SemiNMF):
    """As it may be in a later version."""

    _parameter_constraints: ClassVar = {**SemiNMF._parameter_constraints, "tempo": "no_validation"}

    def __init__(self, n_components=2, *, tempo=1.0, **parameters):
        super().__init__(n_components, **parameters)
        self.tempo = tempo

    @classmethod
    def _get_param_names(cls):
        return sorted([*SemiNMF._get_param_names(), "tempo"])


def test_a_parameter_of_a_later_version_was_at_its_default(resumed):
    Later.__name__ = "SemiNMF"
    given = {"compress": False, **FLOOR}
    with pytest.raises(ValueError, match=r"another fit \(tempo was 1.0, is 2.0\)"):
        resumed("SemiNMF", Later(3, tempo=2.0, **given))
    model = resumed("SemiNMF", Later(3, **given))
    components = model.components_of(-1)
    assert relative_error(components, EXPECTED["SemiNMF resumed components"]) < CLOSE

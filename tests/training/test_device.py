"""What JAX mode does around a step: where data are, in what precision, and when a device fails."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytensor
import pytest

from dsnmf import DSNMF, DeepSemiNMF
from dsnmf.commands.main import main

jax = pytest.importorskip("jax")

DATA = np.random.default_rng(0).standard_normal((41, 13))


@pytest.fixture(scope="module")
def model():
    return DSNMF(DATA, (8, 4), mode="JAX").fit(3)


def fails(text):
    """In the place of `jax.block_until_ready`: the device fails at its work."""

    def block_until_ready(arrays):
        raise jax.errors.JaxRuntimeError(text)

    return block_until_ready


def buffers(shape):
    """Addresses of the arrays of a shape that the device holds."""
    return {a.unsafe_buffer_pointer() for a in jax.live_arrays() if a.shape == shape}


def test_data_are_on_the_device_once(model):
    X = model.X.get_value(borrow=True)
    model.fit(2)
    assert model.X.get_value(borrow=True) is X
    assert isinstance(X, jax.Array)
    assert len(buffers((13, 41))) == 1
    model.X.set_value(np.array(X))  # as a client may: it goes there again
    del X
    model.fit(1)
    assert len(buffers((13, 41))) == 1
    assert isinstance(model.X.get_value(borrow=True), jax.Array)


def test_a_clients_shared_variables_stay_where_they_are(model):
    rate = pytensor.shared(1e-3)
    model.finetune_features(rate)
    model.fit(1)
    assert isinstance(rate.get_value(borrow=True), np.ndarray)


def test_results_are_arrays_of_numpy(model):
    for result in (model.train_fun(), model.get_features(), model.get_reconstruction()):
        assert isinstance(result, np.ndarray)
        assert result.flags.writeable


def test_settings_of_the_process_do_not_count(monkeypatch):
    seen = set()

    def block_until_ready(arrays):
        seen.add((jax.config.jax_enable_x64, jax.config.jax_default_matmul_precision))
        return arrays

    monkeypatch.setattr(jax, "block_until_ready", block_until_ready)
    expected = DSNMF(DATA, (8, 4), mode="FAST_COMPILE").fit(3).history
    with jax.enable_x64(False), jax.default_matmul_precision("default"):
        found = DSNMF(DATA, (8, 4), mode="JAX").fit(3)
        assert not jax.config.jax_enable_x64
        assert jax.config.jax_default_matmul_precision == "default"
    np.testing.assert_allclose(found.history, expected, rtol=1e-9)
    assert {value.dtype for value in found.get_param_values()} == {np.dtype("float64")}
    assert seen == {(True, "highest")}


PROGRAM = """
import contextlib, sys, jax, numpy as np
from dsnmf import SemiNMF

def settings():
    return jax.config.values | {"dtype": jax.numpy.ones(2).dtype}

jax.config.update("jax_enable_x64", sys.argv[1] == "wide")
X, before = np.random.default_rng(0).standard_normal((20, 5)), settings()
with jax.enable_x64(True) if sys.argv[2] == "inside" else contextlib.nullcontext():
    fitted = SemiNMF(2, max_iter=3, tol=0, mode="JAX").fit(X)
assert fitted.components_.dtype == "float64"
print(settings() == before)
"""


@pytest.mark.parametrize(("width", "where"), [("narrow", "inside"), ("wide", "plain")])
def test_settings_of_the_process_are_its_own_after_the_first_use(width, where):
    sets_x64 = {"narrow": "float64", "wide": "float32"}[width]  # PyTensor, the other way
    environment = os.environ | {"PYTENSOR_FLAGS": f"cxx=,floatX={sets_x64}"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, width, where],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (run.stdout, run.returncode) == ("True\n", 0), run.stderr


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "RESOURCE_EXHAUSTED: Out of memory\nmore",
            MemoryError,
            "needs more memory than .*RES",
        ),
        ("INTERNAL: illegal address\nmore", RuntimeError, "lost .*: INTERNAL: illegal address$"),
    ],
)
def test_a_failing_device_changes_nothing(model, monkeypatch, text, error, words):
    history, values = list(model.history), model.get_param_values()
    with monkeypatch.context() as patch:
        patch.setattr(jax, "block_until_ready", fails(text))
        with pytest.raises(error, match=f"mode='JAX' {words}") as caught:
            model.fit(1)
    assert "\n" not in str(caught.value)
    assert model.history == history
    for value, before in zip(model.get_param_values(), values, strict=True):
        np.testing.assert_array_equal(value, before)
    model.fit(1)  # the device is back


def test_an_estimator_is_as_before_too(monkeypatch):
    estimator = DeepSemiNMF((6, 3), mode="JAX", max_iter=3)
    before = dict(vars(estimator))
    monkeypatch.setattr(jax, "block_until_ready", fails("RESOURCE_EXHAUSTED: Out of memory"))
    with pytest.raises(MemoryError, match="mode='JAX' needs more memory"):
        estimator.fit(DATA)
    assert vars(estimator) == before


def no_devices():
    raise AssertionError  # what JAX has to say of JAX_PLATFORMS=cuda without a card


@pytest.mark.parametrize("what", ["jax", "device"])
def test_without_jax_or_a_device(monkeypatch, capsys, tmp_path, what):
    if what == "jax":
        monkeypatch.setitem(sys.modules, "jax", None)
        error, text = ImportError, "mode='JAX' needs jax: pip install"
    else:
        monkeypatch.setattr(jax, "devices", no_devices)
        monkeypatch.setenv("JAX_PLATFORMS", "cuda")
        error, text = RuntimeError, "no device that works (JAX_PLATFORMS='cuda': AssertionError)"
    for use in (partial(DSNMF, layers=(8, 4), mode="JAX"), DeepSemiNMF((6, 3), mode="JAX").fit):
        with pytest.raises(error) as caught:
            use(DATA)
        assert text in str(caught.value)
    np.save(tmp_path / "X.npy", DATA)
    out = tmp_path / "model"
    with pytensor.config.change_flags(mode="JAX"):
        code = main(["fit", str(tmp_path / "X.npy"), "--layers", "3", "--quiet", "-o", str(out)])
    lines = capsys.readouterr().err.splitlines()
    assert (code, len(lines), out.exists()) == (2, 1, False)
    assert text in lines[0]

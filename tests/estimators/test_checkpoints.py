"""Fits in blocks that were interrupted: the same call goes on to the same bits, or says why not."""

import errno
import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytensor
import pytest

import dsnmf
from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.data.sources import Source
from dsnmf.data.store import Store
from dsnmf.estimators import checkpoints
from dsnmf.files import archive
from dsnmf.solvers.blocks import BlockModel
from tests.data.test_sources import Sliceable

X = np.random.default_rng(0).standard_normal((60, 8)) + 1
Y = np.column_stack([np.arange(60) % 3, np.arange(60) // 30])

MODELS = {
    "SemiNMF": SemiNMF(3, tol=1e-2, block_size=16),
    "DeepSemiNMF": DeepSemiNMF((5, 3), solver="multiplicative", tol=2e-3, block_size=16),
    "DeepWSF": DeepWSF((5, 3), alphas=0.1, tol=2e-3, block_size=16),
    "HALS": WSF(3, 0.1, solver="hals", tol=1e-3, block_size=16),
    "Adam": DeepSemiNMF((5, 3), solver="adam", learning_rate=0.01, tol=0.03, block_size=16),
    "compressed": SemiNMF(3, compress=6, tol=1e-2, block_size=16),
    "compressed Adam": DeepSemiNMF((5, 3), compress=6, learning_rate=0.01, tol=0.03, block_size=16),
}

#: Where to kill, at which call: in a pass, while features are written, before the state counts,
#: before the old state's files are removed, after the last iteration.
DEATHS = {
    "pass": (Source, "rows", 60),
    "features": (zlib, "crc32", 9),
    "state": (archive, "write", 9),
    "old": (checkpoints.Checkpoint, "_tidy", 9),
    "end": (BlockModel, "end", 1),
}


#: Every death of models whose state has all kinds of parts, one of the others.
KILLED = [
    (name, death)
    for name in MODELS
    for death in DEATHS
    if name in ("DeepWSF", "compressed Adam") or death == "pass"
]


@pytest.fixture(autouse=True, scope="module")
def fast():
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield


@pytest.fixture
def always(monkeypatch):
    """A checkpoint after every iteration."""
    monkeypatch.setattr(checkpoints, "INTERVAL", 0)


def fit(name, data=X, y=Y, **parameters):
    model = MODELS[name]
    return type(model)(**model.get_params() | parameters).fit(Sliceable(data), y)


@cache
def uninterrupted(name):
    with tempfile.TemporaryDirectory() as folder:  # Adam's last bits depend on where arrays lie
        return fit(name, store=folder)


def assert_same(model, name):
    expected = uninterrupted(name)
    for factor, wanted in zip(model.Z_ + model.H_, expected.Z_ + expected.H_):
        np.testing.assert_array_equal(factor, wanted)
    np.testing.assert_array_equal(model.history_["cost"], expected.history_["cost"])
    assert (model.n_iter_, model.reconstruction_err_) == (
        expected.n_iter_,
        expected.reconstruction_err_,
    )


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def deadly(function, calls):
    """The function, which kills the process when it is called so many times."""
    count = itertools.count(1)

    def function_or_death(*args):
        if next(count) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args)

    return function_or_death


def die(folder):
    """Fits that are killed, each in a process of its own."""
    checkpoints.INTERVAL = 0
    for name, death in KILLED:
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == signal.SIGKILL, (name, death)
            continue
        owner, attribute, calls = DEATHS[death]
        setattr(owner, attribute, deadly(getattr(owner, attribute), calls))
        place = Path(folder, f"{name}-{death}")
        fit(name, checkpoint=place / "state", store=place / "features")
        os._exit(0)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    program = f"from {__name__} import die; die({str(folder)!r})"
    root = Path(dsnmf.__file__).parents[1]
    flags = os.environ["PYTENSOR_FLAGS"] + ",mode=FAST_COMPILE"
    environment = os.environ | {"PYTENSOR_FLAGS": flags}
    subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, check=True)
    return folder


@pytest.mark.parametrize(("name", "death"), KILLED)
def test_after_kill_9_the_same_call_gives_the_same_bits(name, death, killed):
    place, iterations = killed / f"{name}-{death}", []
    assert (place / "state" / "state.npz").exists()
    model = fit(
        name,
        checkpoint=place / "state",
        store=place / "features",
        callback=lambda iteration, state: iterations.append(iteration),
    )
    assert 1 not in iterations
    assert_same(model, name)
    assert not contents(place / "state")
    assert {path.suffix for path in (place / "features").iterdir()} == {".npy"}


def test_ctrl_c_keeps_the_model_and_the_state(tmp_path):
    """In iteration 11, where the tolerance is looked at, too."""

    def interrupt(iteration, state):
        if iteration in (7, 11):
            signal.raise_signal(signal.SIGINT)

    options = {"checkpoint": tmp_path / "state", "callback": interrupt}
    for iteration in (7, 11):
        with pytest.warns(RuntimeWarning, match=f"interrupted after iteration {iteration}"):
            model = fit("DeepSemiNMF", **options)
        assert model.n_iter_ == iteration
        assert set(contents(tmp_path / "state")) == {"state.npz", f"H-{iteration}.npy"}
    model = fit("DeepSemiNMF", **options)
    assert_same(model, "DeepSemiNMF")
    assert (np.diff(model.history_["seconds"]) > 0).all()
    assert not contents(tmp_path / "state")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder of a state after 5 iterations."""
    folder = tmp_path_factory.mktemp("stopped")

    def stop(iteration, state):
        if iteration == 6:
            raise InterruptedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "INTERVAL", 0)
        with pytest.raises(InterruptedError):
            fit("DeepSemiNMF", checkpoint=folder, callback=stop)
    assert set(contents(folder)) == {"state.npz", "H-5.npy"}
    return folder


@pytest.fixture
def interrupted(stopped, tmp_path):
    """A copy of that folder."""
    return Path(shutil.copytree(stopped, tmp_path / "state"))


OF_NINTH = (np.arange(60)[:, None] == 9) * np.ones(8)
OTHERS = {
    r"layers was \[5, 3\], is \[4, 3\]": {"layers": (4, 3)},
    "tol was 0.002, is 0.1": {"tol": 0.1},
    "random_state was None, is 1": {"random_state": 1},
    "init was 'svd', is '[0-9a-f]+'": {"init": ([X.T[:, :5]], [X.T])},
    "block_size was 16, is 17": {"block_size": 17},
    "dtype was 'float64', is 'float32'": {"data": X.astype("float32")},
    r"shape was \[60, 8\], is \[59, 8\]": {"data": X[:-1]},
    "first and last sample was": {"data": X[::-1]},
    "a fit to other data: the root mean": {"data": np.where(np.arange(60)[:, None] == 9, 0, X)},
    "a fit to other data: samples, or": {"data": X[[0, 2, 1, *range(3, 60)]]},
    "data: samples, or their order,": {
        "data": X[[0, *range(16, 32), *range(1, 16), *range(32, 60)]]
    },
    "to other data: samples, or their order": {"data": np.where(OF_NINTH == [1, -1] * 4, -X, X)},
}


@pytest.mark.parametrize("difference", OTHERS)
def test_another_call_is_told_what_differs(difference, interrupted):
    before = contents(interrupted)
    with pytest.raises(ValueError, match=difference):
        fit("DeepSemiNMF", checkpoint=interrupted, **OTHERS[difference])
    assert contents(interrupted) == before


def test_other_labels(tmp_path, always):
    def stop(iteration, state):
        signal.raise_signal(signal.SIGINT)

    with pytest.warns(RuntimeWarning, match="interrupted"):
        fit("DeepWSF", checkpoint=tmp_path, callback=stop)
    with pytest.raises(ValueError, match="labels was"):
        fit("DeepWSF", y=Y[::-1], checkpoint=tmp_path)


def test_another_estimator(interrupted):
    with pytest.raises(ValueError, match="estimator was 'DeepSemiNMF', is 'SemiNMF'"):
        fit("SemiNMF", checkpoint=interrupted)


def damage(path):
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "state.npz is not a dsnmf model file": lambda folder: os.truncate(folder / "state.npz", 99),
    "holds a SemiNMF, not a checkpoint": lambda folder: archive.write(
        folder / "state.npz", "SemiNMF", 1, {}, {}
    ),
    "H-5.npy is missing": lambda folder: (folder / "H-5.npy").unlink(),
    "H-5.npy has changed": lambda folder: damage(folder / "H-5.npy"),
    "mmap length is greater": lambda folder: os.truncate(folder / "H-5.npy", 999),
    r"H-5.npy holds float64 of shape \(2, 3\)": lambda folder: np.save(
        folder / "H-5.npy", np.ones((2, 3))
    ),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_a_damaged_checkpoint_is_an_error(message, interrupted):
    DAMAGES[message](interrupted)
    before = contents(interrupted)
    with pytest.raises(ValueError, match=f"state is damaged; remove it to start anew: .*{message}"):
        fit("DeepSemiNMF", checkpoint=interrupted)
    assert contents(interrupted) == before


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"a folder of its own, but .* other files, such as notes"):
        fit("SemiNMF", checkpoint=tmp_path)
    assert set(contents(tmp_path)) == {"notes.txt"}


def test_what_desktops_put_into_folders_or_look_at(tmp_path, monkeypatch, always):
    desktop = {".DS_Store", "desktop.ini", "Thumbs.db", "._state.npz"}
    for name in desktop:
        (tmp_path / name).touch()
    unlink, refused = Path.unlink, set()

    def refuse(path, **options):  # Windows, of a file that is open
        if path.name.endswith("-1.npy"):
            refused.add(path.name)
            raise PermissionError(13, "in use", path)
        unlink(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        fit("SemiNMF", checkpoint=tmp_path)
    assert refused
    assert set(contents(tmp_path)) == desktop | refused
    fit("SemiNMF", checkpoint=tmp_path)
    assert set(contents(tmp_path)) == desktop


@pytest.mark.parametrize("inside", [".", "features"])
def test_features_in_the_folder_of_the_state_are_refused(inside, tmp_path):
    with pytest.raises(ValueError, match="checkpoint must be a folder of its own"):
        fit("SemiNMF", checkpoint=tmp_path, store=tmp_path / inside)
    assert not contents(tmp_path)


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/inner"):
        with pytest.raises(OSError, match="file") as caught:
            fit("SemiNMF", checkpoint=tmp_path / place)
        assert caught.value.errno in (errno.EEXIST, errno.ENOTDIR)


def test_a_disk_that_becomes_full_leaves_the_last_state(tmp_path, always):
    """A limit on the size of files stands for it; both are errors of writing."""
    folder, limits = tmp_path / "state", resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(iteration, state):
        if iteration == 4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))

    try:
        with pytest.raises(OSError, match="File too large") as caught:
            fit("DeepSemiNMF", checkpoint=folder, callback=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.filename == str(folder)
    assert set(contents(folder)) == {"state.npz", "H-3.npy"}
    assert_same(fit("DeepSemiNMF", checkpoint=folder), "DeepSemiNMF")


def test_data_in_memory_have_no_checkpoint(tmp_path):
    with pytest.raises(ValueError, match="checkpoint is for data that are fitted in blocks"):
        SemiNMF(2, checkpoint=tmp_path / "state").fit(X)


def test_what_lies_in_new_arrays_does_not_matter(tmp_path, monkeypatch):
    """In memory that held something else before."""

    def stop(iteration, state):
        signal.raise_signal(signal.SIGINT)

    for name in ("DeepSemiNMF", "Adam"):
        with pytest.warns(RuntimeWarning, match="interrupted"):
            fit(name, checkpoint=tmp_path, callback=stop)
        with monkeypatch.context() as patched:
            new = lambda store, shape, dtype: np.full(shape, np.nan, dtype)  # noqa: E731
            patched.setattr(Store, "new", new)
            fit(name, checkpoint=tmp_path)

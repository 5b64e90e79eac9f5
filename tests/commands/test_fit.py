"""`dsnmf fit` and `dsnmf transform`, as far as a shell is not needed."""

import contextlib
import errno
import os
import signal

import h5py
import numpy as np
import pytensor
import pytest
import scipy.sparse
import zarr

from dsnmf import DSNMF, WSF, DeepWSF, SemiNMF
from dsnmf.commands.main import main
from dsnmf.estimators import checkpoints, fitted
from dsnmf.estimators.saved import open_estimator
from dsnmf.files.matrices import read_matrix, write_matrix
from dsnmf.training import loop

X = np.random.default_rng(0).standard_normal((30, 6)) + 1
LABELS = np.where(np.arange(30) % 4, np.arange(30) % 3, -1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Data in the current folder, and graphs that compile at once."""
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", X)
    np.savez("gaps.npz", X=np.where(np.arange(180).reshape(30, 6) % 50 == 7, np.nan, X), y=LABELS)
    np.savetxt("labels.csv", np.c_[LABELS, -np.ones(30)], "%d", ",")
    np.savetxt("names.tsv", np.array(["", "ana", "ben", "eva"])[LABELS + 1], "%s", header="who")
    scipy.sparse.save_npz("counts.npz", scipy.sparse.coo_array(X))
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield tmp_path


MODELS = {
    "data.npy --layers 3": "SemiNMF",
    "gaps.npz:X --layers 3 --solver multiplicative": "SemiNMF",
    "data.npy --layers 3 --solver adam": "DeepSemiNMF",
    "data.npy --layers 4,2 --solver multiplicative": "DeepSemiNMF",
    "data.npy --layers 3 --solver hals": "SemiNMF",
    "data.npy --layers 3 --solver lbfgs": "DeepSemiNMF",
    "gaps.npz:X --layers 3 --labels gaps.npz:y --alpha 0.5 --solver hals": "WSF",
    "gaps.npz:X --layers 3 --labels gaps.npz:y --alpha 0.5": "WSF",
    "data.npy --layers 4,2 --labels labels.csv --alpha 0.1,0.2": "DeepWSF",
    "counts.npz --layers 3 --labels names.tsv --alpha 0.5": "WSF",
}


def test_names_and_integers_are_the_same_labels():
    models = []
    np.save("integers.npy", LABELS)
    for labels in ("names.tsv", "integers.npy"):
        words = ["--layers", "3", "--labels", labels, "--max-iter", "3", "--quiet", "-o", "made"]
        assert main(["fit", "data.npy", *words]) == 0
        models.append(open_estimator("made"))
    np.testing.assert_array_equal(*(model.H_[0] for model in models))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ("names.tsv", "Labels of 30 samples: 3 classes, 8 unknown"),
        ("labels.csv", "Labels of 30 samples: 3 classes, 8 unknown; 0 classes, 30 unknown"),
        ("one.csv", "Labels of 30 samples: 1 class, 0 unknown"),
    ],
)
def test_classes_and_unknown_labels_are_counted(labels, found, capsys):
    np.savetxt("one.csv", np.ones(30), "%d")
    words = ["--layers", "3,2", "--labels", labels, "--max-iter", "3", "--quiet", "-o", "made"]
    assert main(["fit", "data.npy", *words]) == 0
    assert found in capsys.readouterr().out.splitlines()


def test_a_store_that_is_not_used_is_told(capsys):
    assert main([*FIT.split(), "--store", "features"]) == 0
    assert "warning: nothing is written to the store features" in capsys.readouterr().err
    assert not os.path.exists("features")


@pytest.mark.parametrize("command", ["fit", "select"])
def test_a_feature_that_governs_is_named_once(command, capsys):
    table = np.column_stack([np.round(X, 2), 61617 + np.arange(30) ** 2])
    np.savetxt("table.csv", table, "%s", ",", header="a,b,c,d,e,f,stamp", comments="")
    options = ["-o", "made"] + (["--quiet"] if command == "fit" else ["--clusters", "2"])
    words = ["--layers", "3", "--max-iter", "3", *options]
    assert main([command, "table.csv", *words]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "squared norm" in line]
    assert len(told) == 1
    assert "warning: feature 6, stamp, holds 99.9 % or more" in told[0]


@pytest.mark.parametrize("words", MODELS)
def test_the_model_that_the_options_describe(words, capsys):
    assert main(["fit", *words.split(), "--epochs", "12", "--quiet", "-o", "made"]) == 0
    out, _ = capsys.readouterr()
    model = open_estimator("made")
    assert type(model).__name__ == MODELS[words]
    assert out.startswith(f"{MODELS[words]} {'4-2' if '4,2' in words else '3'}: 30 samples, 6 feat")
    assert (", 4 unknown entries" in out) == ("gaps" in words)
    assert f"12 iterations, reconstruction error {model.reconstruction_err_:.5g} (" in out
    assert out.endswith("Model: made\n")
    assert model.n_iter_ == 12
    if "solver" in words:
        assert model.solver in words
    assert getattr(model, "alpha", 0.5) == 0.5
    assert getattr(model, "alphas", (0.1, 0.2)) == (0.1, 0.2)


def test_as_in_python(capsys):
    words = ["--layers", "4,2", "--seed", "3", "--max-iter", "10", "--labels", "labels.csv"]
    assert main(["fit", "data.npy", *words, "-o", "made"]) == 0
    assert "10/10" in capsys.readouterr().err
    y = np.c_[LABELS, -np.ones(30, int)]
    expected = DeepWSF((4, 2), random_state=3, max_iter=10, tol=0).fit(X, y)
    for Z, Z_expected in zip(open_estimator("made").Z_, expected.Z_):
        np.testing.assert_array_equal(Z, Z_expected)
    write_matrix("new.mat", X[:5] + 0.1)
    for layer, out in [(1, "features.npy"), (2, "features.mat"), (None, "features.csv")]:
        words = [] if layer is None else ["--layer", str(layer)]
        assert main(["transform", "made", "new.mat", *words, "-o", out]) == 0
        features = expected.transform(X[:5] + 0.1, layer=(layer or 2) - 1)
        np.testing.assert_array_equal(read_matrix(out), features)
        printed, _ = capsys.readouterr()
        assert f"DeepWSF, layer {layer or 2} of 2: 5 samples, {features.shape[1]} feat" in printed
        assert printed.endswith(f"Features: {out}\n")


def test_known_entries_one_a_line(capsys):
    known = np.random.default_rng(1).random(X.shape) < 0.8
    entries = [f"u{i:02} {j} {X[i, j]}" for i, j in np.argwhere(known)]
    for name, lines in (("some.txt", entries), ("new.txt", entries[:20])):
        with open(name, "w") as file:
            file.write("\n".join(lines))
    words = ["--triples", "--layers", "3", "--l2", "0.1", "--quiet", "-o", "made"]
    assert main(["fit", "some.txt", *words]) == 0
    told = f"SemiNMF 3: 30 samples, 6 features, {known.sum()} known entries\n"
    assert told in capsys.readouterr().out
    assert main(["transform", "made", "new.txt", "--triples", "-o", "features.npy"]) == 0
    expected = SemiNMF(3, l2=0.1).fit(np.where(known, X, np.nan))
    features = expected.transform(np.where(known, X, np.nan)[: len(np.load("features.npy"))])
    np.testing.assert_allclose(np.load("features.npy")[:-1], features[:-1], atol=1e-9)
    for wrong in (["--layers", "3,2"], ["--layers", "3", "--labels", "labels.csv"]):
        assert main(["fit", "some.txt", "--triples", *wrong, "-o", "made"]) == 2
        assert "--triples and --l2 are for one layer" in capsys.readouterr().err


def test_named_data_set_with_its_labels(capsys):
    words = ["--layers", "3", "--labels", "digits", "--max-iter", "1", "--quiet"]
    assert main(["fit", "digits", *words, "-o", "made"]) == 0
    out, err = capsys.readouterr()
    assert "WSF 3: 1797 samples, 64 features\n" in out
    assert err.startswith("dsnmf: warning: WSF stopped after max_iter = 1 iterations")
    assert err.count("\n") == 1


@contextlib.contextmanager
def interrupting(*args):
    """In the place of the progress bar: Ctrl-C in the first iteration."""
    yield lambda cost: signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_the_old_model(monkeypatch, capsys):
    monkeypatch.setattr(loop, "progress_bar", interrupting)
    with open("made", "w") as file:
        file.write("old")
    assert main(["fit", "data.npy", "--layers", "3", "-o", "made"]) == 130
    assert capsys.readouterr().err == "dsnmf: interrupted\n"
    with open("made") as file:
        assert file.read() == "old"


FIT = "fit data.npy --layers 3 -o made"
ERRORS = {
    "fit none.npy --layers 3 -o made": "none.npy: No such file or directory",
    "fit digit --layers 3 -o made": "'digit' is neither a file nor a data set (digits, pie,",
    "fit table.xlsx --layers 3 -o made": "Excel files are not read: save the sheet as CSV (UTF-8)",
    "fit gaps.npz:Z --layers 3 -o made": "gaps.npz holds no Z; it holds X, y",
    "fit text.csv --layers 3 -o made": "text.csv, line 2, column 2: 'x' is not a number",
    "fit cut.mat --layers 3 -o made": "cut.mat is no intact MATLAB file",
    "fit unknown.npy --layers 3 -o made": "X contains NaN in every entry of feature 1",
    "fit data.npy -o made": "required: --layers",
    "fit data.npy --layers 3": "required: -o/--out",
    "fit data.npy --layers 0 -o made": "--layers: must be integers >= 1",
    "fit data.npy --layers 31 -o made": "--layers 31: at most 30, the number of samples",
    f"{FIT} --solver sgd": "--solver: invalid choice: 'sgd'",
    f"{FIT} --max-iter 0": "--max-iter/--epochs: must be an integer >= 1, got '0'",
    f"{FIT} --seed x": "--seed: must be an integer >= 0, got 'x'",
    f"{FIT} --alpha 0.1": "--alpha weighs labels, which --labels must name",
    f"{FIT} --labels labels.csv --alpha -1": "--alpha: must be finite numbers >= 0",
    f"{FIT} --labels labels.csv --alpha 1,2,3": "alpha must be one number or 2, got 3",
    f"{FIT} --labels labels.csv --solver adam": "--solver adam takes no labels",
    f"{FIT} --labels short.csv": "short.csv has labels of 2 samples, but data.npy has 30",
    f"{FIT} --labels data.npy": "data.npy must hold integers, -1 where a label is unknown",
    "fit data.npy --layers 3,2,1 --labels labels.csv -o made": "one column per layer (3), got 2",
    "fit empty --layers 3 -o made": "empty holds no .npy files",
    "fit none.h5ad:obsm/X --layers 3 -o made": "none.h5ad: No such file or directory",
    "fit none.h5:X --layers 3 -o made": "none.h5: No such file or directory",
    "fit cut.h5:X --layers 3 -o made": "cut.h5 is no intact HDF5 file",
    "fit two.h5 --layers 3 -o made": "as in two.h5:A; it holds A, b/C",
    "fit two.h5:c --layers 3 -o made": "two.h5 holds no c: name one of its arrays, as in two.h5:A",
    "fit two.h5:b --layers 3 -o made": "two.h5:b is a group: name one of its arrays, as in two.h5",
    "fit none.zarr --layers 3 -o made": "none.zarr: No such file or directory",
    "fit cut.zarr --layers 3 -o made": "cut.zarr is no intact zarr array",
    "fit two.h5:A --layers 3 -o two.h5": "two.h5 is an input, and would be overwritten",
    f"{FIT} --block-size 0": "--block-size: must be an integer >= 1",
    f"{FIT} --checkpoint state": "checkpoint is for data that are fitted in blocks",
    f"{FIT} --checkpoint text.csv --block-size 9": "text.csv: File exists",
    f"{FIT} --store text.csv --block-size 9": "text.csv: File exists",
    "fit text.csv --layers 3 --store features -o made": "text.csv must be a .npy, .h5:DATASET or",
    # Outputs are refused before anything is read.
    "fit none.npy --layers 3 -o absent/made": "absent/made: No such file or directory",
    "fit none.npy --layers 3 -o folder": "folder: Is a directory",
    "fit gaps.npz:Z --layers 3 -o gaps.npz": "gaps.npz is an input, and would be overwritten",
    "fit data.npy --layers 3 -o labels.csv --labels labels.csv": "labels.csv is an input",
    "transform none data.npy -o features.txt": "features.txt must end in one of",
    "transform model data.npy -o data.npy": "data.npy is an input, and would be overwritten",
    "transform none data.npy -o features.npy": "none: No such file or directory",
    "transform data.npy data.npy -o features.npy": "data.npy is not a dsnmf model file",
    "transform other data.npy -o features.npy": "other holds a DSNMF, not an estimator",
    "transform model data.npy --layer 2 -o features.npy": "--layer must be from 1 to 1",
    "transform model data.npy --layer 0 -o features.npy": "--layer: must be an integer >= 1",
    "transform model narrow.npy -o features.npy": "X has 3 features, but SemiNMF is expecting 6",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Contents of a file with an estimator and of one with a DSNMF."""
    path = tmp_path_factory.mktemp("models") / "model"
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        SemiNMF(2, max_iter=1, tol=0).fit(X).save(path)
    estimator = path.read_bytes()
    DSNMF(X, layers=(2,)).save(path)
    return {"model": estimator, "other": path.read_bytes()}


@pytest.fixture
def odd_files(folder, models):
    for name, content in models.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "text.csv").write_text("1,2\n3,x\n")
    (folder / "short.csv").write_text("1\n2\n")
    write_matrix("cut.mat", X)
    os.truncate("cut.mat", 500)
    np.save("narrow.npy", X[:, :3])
    for name in ("empty", "cut.zarr"):
        (folder / name).mkdir()
    (folder / "cut.h5").write_bytes(b"cut")
    with h5py.File("two.h5", "w") as file:
        file["A"] = file["b/C"] = X
    np.save("unknown.npy", np.where(np.arange(6) == 1, np.nan, X))
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("words", ERRORS)
def test_errors_are_one_line_and_change_no_file(odd_files, capsys, words):
    before = contents(odd_files)
    try:
        code = main(words.split())
    except SystemExit as end:
        code = end.code
    _, err = capsys.readouterr()
    assert code == 2
    assert err.startswith("dsnmf")
    assert ERRORS[words] in err
    assert err.count("\n") == 1
    assert contents(odd_files) == before


def write_on_disk():
    """The data in all that is read in blocks."""
    os.mkdir("parts")
    for i, part in enumerate(np.split(X, [7, 20])):
        np.save(f"parts/{i}.npy", part)
    with h5py.File("data.h5", "w") as file:
        file["inner/X"] = X
    zarr.create_array("data.zarr", data=X)
    scipy.sparse.save_npz("data.npz", scipy.sparse.csr_array(X))


@pytest.mark.parametrize(
    "source", ["data.npy", "data.h5:inner/X", "data.zarr", "data.npz", "parts"]
)
def test_data_in_blocks(source, capsys):
    write_on_disk()
    words = ["--layers", "4,2", "--solver", "multiplicative", "--max-iter", "3", "--quiet"]
    options = ["--store", "features", "--checkpoint", "state", "--block-size", "11"]
    assert main(["fit", source, *words, *options, "-o", "made"]) == 0
    assert main(["fit", "data.npy", *words, "-o", "in-memory"]) == 0
    out, _ = capsys.readouterr()
    blocks, memory = (text for text in out.splitlines() if text.startswith("3 iterations"))
    assert "30 samples, 6 features, 1.44e-06 GB in each pass\n" in out
    assert blocks == memory
    made, expected = map(open_estimator, ("made", "in-memory"))
    assert (made.store, made.checkpoint, made.block_size) == ("features", "state", 11)
    np.testing.assert_allclose(np.load("features/H_2.npy"), expected.H_[1].T, rtol=1e-9)
    assert not os.listdir("state")
    assert main(["transform", "made", source, "-o", "features.npy"]) == 0
    np.testing.assert_allclose(np.load("features.npy"), expected.transform(X), rtol=1e-9)


def test_labels_of_data_in_blocks():
    np.save("y.npy", np.arange(len(X)) % 3)
    words = ["--layers", "3", "--labels", "y.npy", "--quiet"]
    for options in (["--block-size", "11"], []):
        name = f"made{len(options)}"
        assert main(["fit", "data.npy", *words, *options, "-o", name]) == 0
    blocks, memory = map(open_estimator, ("made2", "made0"))
    assert type(blocks) is WSF
    np.testing.assert_allclose(blocks.H_[0], memory.H_[0], rtol=1e-8)


def test_after_ctrl_c_the_same_command_goes_on(monkeypatch, capsys):
    words = ["--layers", "3", "--max-iter", "5", "--block-size", "11", "--quiet", "-o", "made"]
    command = ["fit", "data.npy", *words, "--checkpoint", "state"]
    with monkeypatch.context() as patch:
        patch.setattr(loop, "progress_bar", interrupting)
        assert main(command) == 130
    assert sorted(os.listdir("state")) == ["H-1.npy", "state.npz"]
    assert main(["fit", "data.npy", *words[:1], "2", *words[2:], "--checkpoint", "state"]) == 2
    assert "belongs to another fit (layers was [3], is [2])" in capsys.readouterr().err
    assert main(command) == 0
    made = open_estimator("made")
    assert main(["fit", "data.npy", *words]) == 0
    np.testing.assert_array_equal(made.H_[0], open_estimator("made").H_[0])


def test_the_checkpoint_stays_until_the_model_is_written(monkeypatch, capsys):
    def full(path, estimator):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setattr(checkpoints, "INTERVAL", 0)
    words = ["--layers", "3", "--max-iter", "3", "--block-size", "11", "--quiet", "-o", "made"]
    command = ["fit", "data.npy", *words, "--checkpoint", "state"]
    with monkeypatch.context() as patch:
        patch.setattr(fitted, "write_estimator", full)
        assert main(command) == 2
    error = capsys.readouterr().err
    assert "made: the fitted model could not be written: No space left on device; the same" in error
    assert "continues from the checkpoint in state\n" in error
    assert sorted(os.listdir("state")) == ["H-3.npy", "state.npz"]
    assert main(command) == 0
    assert open_estimator("made").n_iter_ == 3
    assert not os.listdir("state")

"""The command line as a user types it."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.io

import dsnmf
from dsnmf.commands import main as cli
from dsnmf.commands.main import main
from dsnmf.experiments import demo

METHODS = [
    "raw features",
    "PCA",
    "PCA, half-whitened",
    "PCA, whitened",
    "Semi-NMF, SVD start only",
    "Semi-NMF, multiplicative",
    "Semi-NMF, Adam",
    "Deep Semi-NMF, Algorithm 1",
    "Deep Semi-NMF, Adam",
]
FILES = ["figure.png", "results.csv", "results.json"]


#: For what has nothing to do with compilation, which takes most of the time.
PLAIN = {"PYTENSOR_FLAGS": "mode=FAST_COMPILE,cxx="}


def start(folder, *words, stderr=subprocess.PIPE, settings=PLAIN):
    """`python -m dsnmf …` in that folder; one thread, so that busy machines do not slow it."""
    environment = (
        os.environ
        | settings
        | {
            "PYTHONPATH": str(Path(dsnmf.__file__).parents[1]),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
    )
    return subprocess.Popen(
        [sys.executable, "-m", "dsnmf", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    )


def type_in(folder, *words, settings=PLAIN):
    process = start(folder, *words, settings=settings)
    out, err = process.communicate()
    return process.returncode, out, err


def main_in(capsys, *words):
    """The same by this process."""
    return main(words), *capsys.readouterr()


def save_mat(path, classes=3):
    rng = np.random.default_rng(0)
    gnd = np.repeat(np.arange(classes), 10)
    fea = 5 * rng.standard_normal((classes, 6))[gnd] + rng.standard_normal((len(gnd), 6))
    scipy.io.savemat(path, {"fea": fea, "gnd": gnd[:, None]})


def test_demo_on_digits(tmp_path):
    words = ["--layers", "12,5", "--epochs", "3"]
    code, out, err = type_in(tmp_path, "demo", *words, settings={})  # as users run it
    assert code == 0, err
    assert "3/3" in err
    assert "cost=" in err
    assert "digits: 1797 samples, 64 features, 10 classes" in out
    table = [line for line in out.splitlines() if line.count("±") > 1]
    assert [line[:26].strip() for line in table] == METHODS
    assert [line.count("±") for line in table] == [2] * 4 + [6] * 5  # in three metrics
    assert "the classes vary as much as the rest" in out
    folder = tmp_path / "dsnmf-demo"
    assert sorted(os.listdir(folder)) == FILES
    assert all(str(Path("dsnmf-demo", name)) in out for name in FILES)
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")

    results = json.loads((folder / "results.json").read_text())
    assert (results["layers"], results["epochs"], results["seed"]) == ([12, 5], 3, 0)
    assert [len(row["nmi"]) for row in results["rows"]] == [10] * 9
    assert [len(row["history"]) for row in results["rows"]] == [0] * 5 + [3] * 4
    assert [row["dimensions"] for row in results["rows"]] == [64] + [5] * 8
    with open(folder / "results.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    for line, row, printed in zip(lines, results["rows"], table):
        assert line["method"] == row["method"]
        assert float(line["nmi_mean"]) == pytest.approx(np.mean(row["nmi"]))
        assert f"{100 * np.mean(row['nmi']):.1f} ± {100 * np.std(row['nmi']):4.1f}" in printed
        assert f"{100 * np.mean(row['accuracy']):.1f} ± " in printed
        if row["in_data"] is not None:
            assert float(line["data_nmi_mean"]) == pytest.approx(np.mean(row["in_data"]["nmi"]))
            assert float(line["half_nmi_mean"]) == pytest.approx(np.mean(row["half"]["nmi"]))
    assert 0.7 < float(lines[0]["nmi_mean"]) < 0.78


@pytest.mark.usefixtures("without_numba")
def test_demo_on_a_mat_file_is_repeatable(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_mat("mine.mat")
    words, scores = ["demo", "--data", "mine.mat", "--epochs", "2", "--seed", "5", "--out"], []
    for out, run in {
        "one": partial(type_in, tmp_path),
        "two/deep": partial(main_in, capsys),
    }.items():
        code, printed, err = run(*words, out)
        assert code == 0, err
        assert "Layers 12-3: k-means on 3 features of Semi-NMF" in printed
        assert sorted(os.listdir(tmp_path / out)) == FILES
        results = json.loads((tmp_path / out / "results.json").read_text())
        assert (results["data"], results["classes"]) == ("mine", 3)
        scores.append([row["nmi"] for row in results["rows"]])
    assert scores[0] == scores[1]


# After the second row an endless training by Adam is under way.
@pytest.mark.parametrize("row", ["raw features", "Semi-NMF, multiplicative"])
def test_ctrl_c_ends_with_one_line_and_no_files(tmp_path, row):
    words = ["--layers", "12,5", "--epochs", "1000000", "--out", "out"]
    with open(tmp_path / "err", "w", encoding="utf-8") as stderr:  # a pipe nobody reads fills up
        process = start(tmp_path, "demo", *words, stderr=stderr)
        while not (line := process.stdout.readline()).startswith(row):
            assert line, "ended before it was interrupted"
        process.send_signal(signal.SIGINT)
        process.communicate()
    err = (tmp_path / "err").read_text(encoding="utf-8")
    assert process.returncode == 130
    assert err.splitlines()[-1] == "dsnmf: interrupted"
    assert "Traceback" not in err
    assert "Warning" not in err
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.usefixtures("without_numba")
def test_interrupted_writing_leaves_no_partial_file(tmp_path, monkeypatch, capsys):
    save_mat(tmp_path / "mine.mat")
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("of an earlier run")

    def interrupt(results, file, **options):
        file.write("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(demo.json, "dump", interrupt)
    words = ["--data", str(tmp_path / "mine.mat"), "--layers", "3", "--epochs", "1"]
    assert main(["demo", *words, "--out", str(out)]) == 130
    assert "dsnmf: interrupted" in capsys.readouterr().err
    assert sorted(os.listdir(out)) == ["figure.png", "results.json"]
    assert (out / "results.json").read_text() == "of an earlier run"


def test_version_and_help(tmp_path):
    assert type_in(tmp_path, "--version") == (0, f"dsnmf {dsnmf.__version__}\n", "")
    code, out, err = type_in(tmp_path, "demo", "--help")
    assert (code, err) == (0, "")
    assert "dsnmf demo --data pie" in out


@pytest.mark.parametrize("command", [module.__name__.split(".")[-1] for module in cli.COMMANDS])
def test_help_of_every_command_has_examples(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"examples:\n  dsnmf {command}" in capsys.readouterr().out


def test_help_is_quick_to_come():
    heavy = ("numpy", "pytensor", "sklearn", "matplotlib", "dsnmf.experiments", "dsnmf.symbolic")
    code = "import sys, dsnmf.commands.main as c; c._parser(); "
    code += f"print(sys.modules.keys() & {set(heavy)})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"


@pytest.mark.usefixtures("without_numba")
def test_a_model_of_digits(tmp_path, monkeypatch, capsys):
    code, out, err = type_in(
        tmp_path, "fit", "digits", "--layers", "8", "--max-iter", "5", "-o", "digits.model"
    )
    assert (code, out.splitlines()[-1]) == (0, "Model: digits.model")
    assert "5/5" in err
    assert "Traceback" not in err
    monkeypatch.chdir(tmp_path)
    code, out, err = main_in(capsys, "transform", "digits.model", "digits", "-o", "features.npy")
    assert (code, err) == (0, "")
    assert np.load(tmp_path / "features.npy").shape == (1797, 8)


def test_a_reader_that_has_had_enough_is_no_error(tmp_path):
    np.save(tmp_path / "data.npy", np.eye(5))
    process = start(tmp_path, "fit", "data.npy", "--layers", "2", "-o", "made")
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 141)


# Windows' own name of a closed pipe.
INVALID = """
import errno, io, sys
from dsnmf.commands.main import main

class Pipe(io.FileIO):
    def write(self, content):
        try:
            return super().write(content)
        except BrokenPipeError:
            raise OSError(errno.EINVAL, "Invalid argument") from None

sys.stdin.read()  # until nobody reads any more
sys.stdout = io.TextIOWrapper(io.BufferedWriter(Pipe(1, "w")))
sys.exit(main(["guide", "rules"]))
"""


def test_the_same_on_windows():
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", INVALID], **pipes)
    process.stdout.close()
    process.stdin.close()
    assert (process.stderr.read(), process.wait()) == (b"", 141)


def test_letters_that_the_terminal_lacks_are_question_marks(tmp_path):
    code, out, err = type_in(tmp_path, "fit", "--help", settings={"PYTHONIOENCODING": "cp437"})
    assert (code, err) == (0, "")
    assert "--layers K1,K2,?" in out


def test_other_outputs_are_left_alone():
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit):
        main(["--version"])
    assert out.getvalue().startswith("dsnmf ")


def test_a_home_that_cannot_be_written_to(tmp_path):
    np.save(tmp_path / "X.npy", np.eye(9))
    (tmp_path / "home").touch()
    home = {name: str(tmp_path / "home") for name in ("HOME", "USERPROFILE")}
    command = start(tmp_path, "fit", "X.npy", "--layers", "3", "-o", "m", settings=PLAIN | home)
    error = command.communicate()[1].splitlines()[-1]
    assert command.returncode == 2
    assert ".pytensor" in error
    assert "PYTENSOR_FLAGS=base_compiledir=FOLDER" in error


def test_even_our_own_faults_are_one_line(monkeypatch, capsys):
    monkeypatch.setattr(demo, "run", lambda *args: {}["missing"])
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == "dsnmf: error: KeyError: 'missing'\n"


ERRORS = {
    "no command": ([], "required: COMMAND"),
    "unknown command": (["dmeo"], "invalid choice: 'dmeo'"),
    "unknown option": (["demo", "--layer-sizes", "3"], "see dsnmf demo --help"),
    "layers not numbers": (["demo", "--layers", "400,x"], "--layers: must be integers >= 1"),
    "layers empty": (["demo", "--layers", ""], "--layers: must be integers >= 1"),
    "layer zero": (["demo", "--layers", "5,0"], "--layers: must be integers >= 1"),
    "no epochs": (["demo", "--epochs", "0"], "--epochs: must be an integer >= 1, got '0'"),
    "negative seed": (["demo", "--seed", "-1"], "--seed: must be an integer >= 0, got '-1'"),
    "unknown data": (["demo", "--data", "digit"], "must be digits, pie or the path of a .mat"),
    "no such file": (["demo", "--data", "none.mat"], "none.mat: No such file or directory"),
    "folder as data": (["demo", "--data", "folder.mat"], "folder.mat: Is a directory"),
    "no MATLAB file": (["demo", "--data", "text.mat"], "text.mat is no"),
    "without gnd": (["demo", "--data", "gndless.mat"], "['gnd'] missing"),
    "several labels": (["demo", "--data", "labels.mat"], "labels.mat has 2 labels per sample"),
    "not finite": (["demo", "--data", "nan.mat"], "nan.mat must be finite"),
    "file as folder": (["demo", "--out", "text.mat"], "text.mat: File exists"),
    "below a file": (["demo", "--out", "text.mat/out"], "text.mat/out: Not a directory"),
}


@pytest.fixture(scope="module")
def odd_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    (folder / "folder.mat").mkdir()
    (folder / "text.mat").write_text("fea, gnd\n" * 100)
    scipy.io.savemat(folder / "gndless.mat", {"fea": np.eye(3)})
    scipy.io.savemat(folder / "labels.mat", {"fea": np.eye(3), "gnd": np.eye(3)[:, :2]})
    scipy.io.savemat(folder / "nan.mat", {"fea": np.eye(3) * np.nan, "gnd": np.arange(3)})
    return folder


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_line(odd_files, monkeypatch, capsys, case):
    words, message = ERRORS[case]
    monkeypatch.chdir(odd_files)
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("dsnmf")
    assert message in err
    assert err.count("\n") == 1


# That errors of files do, in the same form, see `test_a_home_that_cannot_be_written_to`.
def test_errors_reach_the_shell(tmp_path):
    words, message = ERRORS["layers not numbers"]
    code, out, err = type_in(tmp_path, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


@pytest.mark.parametrize("module", ["sklearn", "matplotlib", "tqdm"])
def test_missing_extra_says_what_to_install(module, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["demo"]) == 2
    out, err = capsys.readouterr()
    expected = f'dsnmf: error: the demo needs {module}: pip install "dsnmf[experiments]"\n'
    assert (out, err) == ("", expected)

"""Kernels: what Numba has to compile for them, and their keys in its cache."""

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dsnmf
from dsnmf.symbolic import residual
from dsnmf.symbolic.kernels import _fingerprint, for_python
from dsnmf.symbolic.residual import _subtract
from dsnmf.symbolic.sweeps import _sweep

PROGRAM = """
import sys, numpy as np, dsnmf
assert dsnmf.__file__.startswith(sys.argv[1])
X = np.random.default_rng(0).random((20, 5))
dsnmf.SemiNMF(2, max_iter=2, tol=0).fit(X).transform(X)
print(dsnmf.DSNMF(X, (2,)).train_fun() > 0)
"""


def test_keys_follow_code_and_constants(monkeypatch):
    before = _fingerprint(residual)
    assert _fingerprint(residual) == before
    monkeypatch.setattr(residual, "BLOCK", 7)
    assert _fingerprint(residual) != before
    monkeypatch.undo()
    monkeypatch.setattr(residual, "squared_error", lambda X, Z, F: None)
    assert _fingerprint(residual) != before


def test_an_installation_without_sources_works(tmp_path):
    copy = tmp_path / "dsnmf"
    sources = Path(dsnmf.__file__).parent
    shutil.copytree(sources, copy, ignore=shutil.ignore_patterns("__pycache__", "results"))
    assert compileall.compile_dir(copy, quiet=2, legacy=True)
    for source in copy.rglob("*.py"):
        source.unlink()
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "PYTENSOR_FLAGS": "mode=FAST_COMPILE,cxx=",
    }
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (run.stdout, run.returncode) == ("True\n", 0), run.stderr


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kernel", [_subtract, _sweep])
def test_what_default_models_compile_is_little(kernel, order):
    """Entries alone: slices bring dozens of Numba's own functions, and seconds, with them."""
    from numba.core import event

    arrays = [np.ones((3, 3), order=order) for _ in range(3)]
    of_sweep = [*arrays[:2], np.ones(3), arrays[2], 1]
    arguments = of_sweep if kernel is _sweep else [*arrays[:2], 0]
    with event.install_recorder("numba:compile") as recorder:
        for_python(kernel, None)(*arguments)
    assert 0 < sum(what.is_start for _, what in recorder.buffer) < 20

"""Kernels' keys in Numba's cache."""

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dsnmf
from dsnmf.symbolic import residual
from dsnmf.symbolic.kernels import _fingerprint

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

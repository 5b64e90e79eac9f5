"""Annotations of the public surface, as type checkers and readers of signatures see them."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import dsnmf

ROOT = Path(__file__).parents[1]

PUBLIC = [
    "dsnmf",
    *(
        f"dsnmf.{name}"
        for name in (
            "affinity",
            "datasets",
            "estimators.projection",
            "files.matrices",
            "initialisation",
            "metrics",
            "plotting",
            "selection",
            "symbolic",
            "updates",
        )
    ),
]

RIGHT = """
import numpy as np
import pytensor

import dsnmf
from dsnmf import DSNMF, DeepSemiNMF, DeepWSF, SemiNMF, appr_seminmf, symbolic, updates
from dsnmf.metrics import nmi
from dsnmf.selection import select

X = np.eye(6)
y = [0, 1, 0, 1, -1, -1]
components: list[np.ndarray] = SemiNMF(3, solver="bcd").fit(X).Z_
DeepSemiNMF((3, 2), nonlinearity=lambda H: H * H, callback=lambda i, state: state.cost < 1)
DeepWSF([3, 2], [0.1, 0.2], mode="JAX").fit(X, y).transform(X, layer=0)
errors: list[float] = DSNMF(X, (3, 2), random_state=0).fit(10, progress=False).history
again: DSNMF = DSNMF.load("model")
again.train_fun = lambda: 0.0
Z, H = (pytensor.shared(factor) for factor in appr_seminmf(X, 2))
pytensor.function([], symbolic.reconstruction_cost(X, [Z], H), updates=updates.semi_nmf(X, Z, H))
print(select(SemiNMF(), X, criterion="entries").best_estimator_.components_, nmi(y, y))
"""

WRONG = """
from dsnmf import DSNMF, DeepSemiNMF, SemiNFM, SemiNMF, updates
from dsnmf.metrics import nmi

SemiNMF("3")
SemiNMF(solver="adam")
SemiNMF(transform_method="ridge")
DeepSemiNMF((3, 2), learnin_rate=0.1)
SemiNMF().fit([[1.0]]).transform([[1.0]], layer="last")
SemiNMF().fitt([[1.0]])
DSNMF([[1.0]])
nmi([0], [0], average="harmonic")
updates.semi_nmf([[1.0]], [[1.0]], [[1.0]])
"""


def test_package_and_clients_are_checked(tmp_path):
    """The package is consistent, good client code passes, and every line of bad code fails."""
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(RIGHT)
    wrong.write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--config-file", "setup.cfg", "dsnmf", right, wrong]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    errors = [line for line in ran.stdout.splitlines() if ": error: " in line]
    others = [line for line in errors if wrong.name not in line]
    assert (ran.returncode, others) == (1, []), ran.stderr
    statements = [i for i, line in enumerate(WRONG.splitlines(), 1) if line]
    statements.remove(3)  # of an import that is right
    assert {int(line.split(":")[1]) for line in errors} == set(statements)


def is_of(value, module):
    return (getattr(value, "__module__", None) or "").startswith(module)


def callables(module):
    """Public functions of a module, and constructors and methods of its classes, by name."""
    own = (n for n, value in vars(module).items() if is_of(value, module.__name__) and n[0] != "_")
    for name in getattr(module, "__all__", own):
        value = getattr(module, name)
        if inspect.isclass(value):
            yield name, value.__init__
            for attribute in filter(lambda text: text[0] != "_", dir(value)):
                found = inspect.getattr_static(value, attribute)
                yield f"{name}.{attribute}", getattr(found, "fget", found)
        elif callable(value):
            yield name, value


@pytest.mark.parametrize("name", PUBLIC)
def test_public_callables_are_annotated(name):
    checked = 0
    for called, function in callables(importlib.import_module(name)):
        function = getattr(function, "__func__", getattr(function, "fn", function))
        if not inspect.isfunction(function) or not is_of(function, "dsnmf"):
            continue  # of a base of another package, or an attribute
        signature = inspect.signature(function)
        missing = [
            parameter.name
            for parameter in signature.parameters.values()
            if parameter.annotation is parameter.empty and parameter.name not in ("self", "cls")
        ]
        if signature.return_annotation is signature.empty:
            missing.append("return")
        assert not missing, f"{name}.{called}: {missing}"
        checked += 1
    assert checked


def test_annotations_cost_no_import():
    code = "import sys, dsnmf.updates, dsnmf.metrics; sys.exit('dsnmf.typing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    assert Path(dsnmf.__file__).with_name("py.typed").exists()

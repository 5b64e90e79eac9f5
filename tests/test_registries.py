"""Names that may be given have one list each; types, commands and the guide say the same."""

import inspect
import re

import pytest

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.commands.arguments import OF_DEEP_MODELS, SOLVERS
from dsnmf.commands.guide import page
from dsnmf.commands.main import main
from dsnmf.estimators.graphs import KINDS
from dsnmf.estimators.start import INITIALISERS
from dsnmf.experiments.protocols import PROTOCOLS
from dsnmf.files.frames import SEPARATORS
from dsnmf.files.matrices import READERS, WRITTEN
from dsnmf.selection import select
from dsnmf.selection.judges import CRITERIA
from dsnmf.solvers.choice import RULES
from dsnmf.symbolic import NONLINEARITIES
from dsnmf.typing import Init, Nonlinearity

#: Of the command line: what has names of columns beside what is read as a matrix.
READ = {*READERS, *SEPARATORS, ".mtx", ".hdr"} - {".dat"}


@pytest.mark.parametrize(
    ("registry", "allowed"),
    [
        (NONLINEARITIES, Nonlinearity),
        (CRITERIA, inspect.signature(select).parameters["criterion"].annotation),
        (INITIALISERS, Init),
    ],
    ids=["nonlinearity", "criterion", "init"],
)
def test_types_have_the_names(registry, allowed):
    assert set(re.findall(r"['\"](\w+)['\"]", str(allowed))) == set(registry)


@pytest.mark.parametrize(
    ("registry", "said"),
    [
        (NONLINEARITIES, page("choosing")),
        (CRITERIA, page("choosing")),
        (INITIALISERS, page("choosing")),
        (KINDS, inspect.getdoc(WSF)),
    ],
    ids=["nonlinearity", "criterion", "init", "affinity"],
)
def test_the_guide_has_the_names(registry, said):
    assert [name for name in registry if f'"{name}"' not in said] == []


@pytest.mark.parametrize(
    ("command", "registry", "pattern"),
    [
        ("select", CRITERIA, r"--criterion {([\w,]+)}"),
        ("select", READ, r"samples x features: a (.+?) file"),
        ("transform", WRITTEN, r"file for samples x features: (.+? or \.\w+)"),
        ("reproduce", PROTOCOLS, r"Experiments: (.+?) \(\*"),
    ],
    ids=["criteria", "read", "written", "experiments"],
)
def test_commands_have_the_names(command, registry, pattern, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10000")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = re.search(pattern, " ".join(capsys.readouterr().out.split()))[1]
    assert set(re.findall(r"[.\w-]+", said)) - {"or", "ENVI"} == set(registry)


def test_commands_have_the_solvers():
    deep, shallow = (cls._parameter_constraints["solver"][0] for cls in (DeepSemiNMF, SemiNMF))
    assert {*SOLVERS} == {*RULES}
    assert {*OF_DEEP_MODELS} == deep.options - shallow.options - {"auto"}

"""Names that may be given have one list each; types, commands and the guide say the same."""

import inspect
import re

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import StrOptions

import dsnmf
from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.commands.arguments import OF_DEEP_MODELS, SOLVERS
from dsnmf.commands.guide import page
from dsnmf.commands.main import main
from dsnmf.estimators.graphs import KINDS
from dsnmf.estimators.start import INITIALISERS
from dsnmf.experiments.protocols import PROTOCOLS
from dsnmf.files.frames import SEPARATORS
from dsnmf.files.matrices import READERS, WRITTEN
from dsnmf.files.names import file_of
from dsnmf.selection import select
from dsnmf.selection.judges import CRITERIA
from dsnmf.solvers.choice import RULES
from dsnmf.symbolic import NONLINEARITIES
from dsnmf.typing import Init, Nonlinearity

#: Of the command line: what has names of columns beside what is read as a matrix.
READ = {*READERS, *SEPARATORS, ".mtx", ".hdr"} - {".dat"}

ESTIMATORS = [
    kind
    for name in dsnmf.__all__
    if inspect.isclass(kind := getattr(dsnmf, name)) and issubclass(kind, BaseEstimator)
]


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


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_annotations_have_the_names_that_constraints_allow(kind):
    """And the solvers that they allow are those that have a rule."""
    parameters = inspect.signature(kind).parameters
    for name, constraints in kind._parameter_constraints.items():
        named = [c.options for c in constraints if isinstance(c, StrOptions)]
        annotation = parameters[name].annotation if name in parameters else ""
        if named and not re.search("Init|Nonlinearity|Affinity", annotation):  # named types
            assert set(re.findall(r"['\"]([\w ]+)['\"]", annotation)) == set().union(*named), name
    assert {name for kind in ESTIMATORS for name in _solvers(kind)} == {*RULES, "auto"}


def _solvers(kind):
    constraints = kind._parameter_constraints.get("solver", [])
    return set().union(*(c.options for c in constraints if isinstance(c, StrOptions)))


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


@pytest.mark.parametrize("suffix", READERS)
def test_every_reader_reads_matrices_and_labels_and_picks_one(suffix):
    module = READERS[suffix]
    assert {"read_matrix", "read_labels"} <= vars(module).keys()
    first_cells = [line.split("|")[1] for line in page("data").splitlines() if line[:3] == "| ."]
    assert suffix in " ".join(first_cells).replace(",", " ").split()
    if suffix != ".npy":
        assert file_of(f"data{suffix}:kind") == (f"data{suffix}", "kind")


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

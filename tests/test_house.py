"""The rooms of the package: what is at its root, and who may import whom."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import dsnmf

ROOT = Path(dsnmf.__file__).parent

#: From the top; a module imports from its own room and from lower floors only.
FLOORS = [
    {"commands"},
    {"experiments"},
    {"selection"},
    {"inspection"},
    {"plotting"},
    {"estimators"},
    {"solvers"},
    {"dsnmf"},
    {"data"},
    {"updates", "initialisation"},
    {"training"},
    {"symbolic"},
    {"affinity", "datasets", "tasks"},
    {"files"},
    {"metrics", "magnitude", "validation", "extras", "typing", "caller", "_version"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: Without code, and the front door, which opens the rooms.
OTHERS = {"__init__", "__main__", "guide", "py.typed"}

MODULES = [
    path for path in ROOT.rglob("*.py") if path.name != "__main__.py" and path.parent != ROOT
]
MODULES += [
    ROOT / f"{name}.py"
    for name in ("dsnmf", "metrics", "magnitude", "validation", "extras", "typing", "caller")
]


@cache
def tree_of(path):
    return ast.parse(path.read_text("utf-8"))


def imported(path):
    """Dotted names of what a module imports of this package, within functions too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dsnmf":
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "dsnmf")


def module_of(name):
    """The module that a dotted name is, or is in; names at the front door by where they live."""
    parts = name.split(".")[1:]
    if parts and parts[0] not in FLOOR:
        return "estimators" if parts[0] in dsnmf.estimators.__all__ else "dsnmf"
    while parts:
        place = ROOT.joinpath(*parts)
        if place.is_dir() or place.with_suffix(".py").exists():
            return ".".join(parts)
        parts.pop()
    return "dsnmf"


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_root_holds_rooms_only():
    entries = {path.name.removesuffix(".py") for path in ROOT.iterdir()} - {"__pycache__"}
    assert entries - OTHERS <= set(FLOOR)


def goes_down(path, name):
    own, room = (dotted.split(".")[0] for dotted in (name_of(path), module_of(name)))
    return room == own or FLOOR[room] > FLOOR[own]


def test_imports_go_down():
    upward = [(name_of(p), n) for p in MODULES for n in imported(p) if not goes_down(p, n)]
    assert upward == []


def test_no_imports_are_circular():
    graph = {name_of(p): {module_of(n) for n in imported(p)} - {name_of(p)} for p in MODULES}
    while graph:
        leaves = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert leaves, f"circular: {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in leaves}


def test_no_name_is_in_two_rooms():
    """But for commands, whose modules have the names that users type."""
    names = [name_of(path) for path in MODULES]
    last = Counter(name.split(".")[-1] for name in names if name.split(".")[0] != "commands")
    assert [name for name, count in last.items() if count > 1] == []


def test_imports_within_functions_are_seen(tmp_path):
    module = tmp_path / "late.py"
    module.write_text("def late():\n    from dsnmf.estimators import base\n", "utf-8")
    assert [module_of(name) for name in imported(module)] == ["estimators.base"]


def annotating(node):
    """Lines that an annotated header has below its first, and those of imports for annotations."""
    if isinstance(node, ast.FunctionDef):
        return node.body[0].lineno - node.lineno - 1
    is_for_checkers = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return node.end_lineno - node.lineno + 1 if is_for_checkers else 0


def length(path):
    """A module's lines, those without annotations, and those that describe."""
    nodes = list(ast.walk(tree_of(path)))
    documented = (n for n in nodes if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
    docstrings = (ast.get_docstring(node, clean=False) or "" for node in documented)
    annotations = sum(map(annotating, nodes))
    described = sum(len(text.splitlines()) for text in docstrings) + annotations
    lines = len(path.read_text("utf-8").splitlines())
    return lines, lines - annotations, described


def test_a_module_is_read_in_one_sitting():
    lengths = {name_of(path): length(path) for path in MODULES}
    too_long = {
        name: (lines, described)
        for name, (lines, code, described) in lengths.items()
        if code > 300 and described < lines / 2
    }
    assert too_long == {}


def opens_text(call):
    """Whether a call opens a text without saying in which encoding: systems differ in theirs."""
    name = getattr(call.func, "attr", getattr(call.func, "id", None))
    given = {keyword.arg for keyword in call.keywords}
    if name in ("read_text", "write_text"):
        return "encoding" not in given and len(call.args) < (1 if name == "read_text" else 2)
    if name not in ("open", "fdopen") or (name == "open" and isinstance(call.func, ast.Attribute)):
        return False
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    is_binary = any("b" in mode.value for mode in modes if isinstance(mode, ast.Constant))
    return not is_binary and not given & {"encoding", None}


def test_texts_have_an_encoding():
    calls = ((p, n) for p in MODULES for n in ast.walk(tree_of(p)) if isinstance(n, ast.Call))
    assert [f"{name_of(p)}:{call.lineno}" for p, call in calls if opens_text(call)] == []


@pytest.mark.parametrize("code", ["open(x)", "open(x, 'w', newline='')", "x.read_text()"])
def test_texts_without_are_seen(code):
    assert opens_text(ast.parse(code).body[0].value)

"""The public names, and the guide's page of them: `python -m tests.api` writes it anew."""

import argparse
import importlib
import inspect
import re
import sys
from pathlib import Path

import dsnmf
from dsnmf.commands.main import COMMANDS

PAGE = Path(dsnmf.__file__).parent / "guide" / "reference.md"

#: What is public: the names in a module's `__all__`, and of inner modules those named here.
PUBLIC = {
    "dsnmf": None,
    "dsnmf.selection": None,
    "dsnmf.inspection": None,
    "dsnmf.datasets": None,
    "dsnmf.datasets.gradients": ["igo"],
    "dsnmf.files.matrices": ["read_matrix", "read_labels", "write_matrix"],
    "dsnmf.files.named_tables": ["Table", "read_table"],
    "dsnmf.files.layout": ["Layout"],
    "dsnmf.files.on_disk": ["open_matrix"],
    "dsnmf.data.sources": ["as_source"],
    "dsnmf.data.lazy": ["lazy_matrix"],
    "dsnmf.metrics": ["nmi", "clustering_accuracy", "best_map"],
    "dsnmf.plotting": None,
    "dsnmf.affinity": None,
    "dsnmf.updates": None,
    "dsnmf.updates.one_read": ["first_sums", "one_read"],
    "dsnmf.initialisation": None,
    "dsnmf.initialisation.nonlinear": ["nonlinear_start"],
    "dsnmf.symbolic": None,
    "dsnmf.estimators.projection": ["project"],
    "dsnmf.estimators.search": ["FeatureSearch"],
    "dsnmf.training.modes": ["compile_function"],
    "dsnmf.training.memory": ["freed_memory_kept"],
    "dsnmf.training.threads": ["one_thread"],
    "dsnmf.experiments.kinds": ["Clustering", "Entry"],
    "dsnmf.experiments.methods": ["Learned"],
    "dsnmf.experiments.demo": ["run"],
    "dsnmf.experiments.runner": ["run"],
    "dsnmf.experiments.gallery": ["run"],
    "dsnmf.experiments.report.document": ["write"],
}

INTRODUCTION = """# Reference

After this page you can find any public name of the package by one line about it.

Shapes, types, defaults, errors and examples stand in the docstrings: `help(dsnmf.SemiNMF)` shows
one. A name that is not here may change without notice. The estimators have scikit-learn's own
methods too, such as `get_params` and `set_output`. This page is written by `python -m tests.api`,
in a clone of the repository.
"""


def names(module):
    """The public names of a module, in the order of the page."""
    listed = PUBLIC[module]
    if listed is None:
        listed = [name for name in importlib.import_module(module).__all__ if name[0] != "_"]
    return listed


def section(text, title):
    """The names that a section of a numpydoc docstring describes."""
    found = re.search(rf"^{title}\n-+\n((?s:.*?))(?=^\S.*\n---|\Z)", text, re.M)
    described = re.findall(r"^[*\w].*", found[1], re.M) if found else []
    return [name.strip("* ") for line in described for name in line.split(" : ")[0].split(",")]


def docstring(thing):
    """Its own or its base's; of a plain value none, `inspect` would give that of its type."""
    is_described = callable(thing) or inspect.ismodule(thing) or isinstance(thing, property)
    return (inspect.getdoc(thing) or "") if is_described else ""


def _comment(name):
    """The `#:` lines above a constant, wherever in the package it is."""
    for module in [value for key, value in sys.modules.items() if key.split(".")[0] == "dsnmf"]:
        found = re.search(rf"((?:^#:.*\n)+){name} = ", inspect.getsource(module), re.M)
        if found:
            return re.sub(r"^#: ?", "", found[1], flags=re.M)
    return ""


def summary(thing, name=""):
    """What describes it, up to the first full stop at a paragraph's end, or behind a formula."""
    first, *others = (docstring(thing) or _comment(name)).strip().split("\n\n")
    if not first or first[-1] in ".?":
        return " ".join(first.split())
    text = " ".join(" ".join([first, *others]).split())
    return re.split(r"(?<=\.) (?=[A-Z])", text, maxsplit=1)[0]


def members(cls):
    """{name: method or property} of a class that have docstrings of their own, in the package."""
    found, elsewhere = {}, section(docstring(cls), "Attributes")
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        code = member
        for inner in ("__func__", "fget", "func", "fn"):
            code = getattr(code, inner, code)
        is_ours = (getattr(code, "__module__", None) or "").split(".")[0] == "dsnmf"
        if name[0] != "_" and is_ours and name not in elsewhere:
            found[name] = member if isinstance(member, property) else getattr(cls, name)
    return found


def entries(module):
    """{name, dotted for members: what describes it} of a module."""
    found = {}
    for name in names(module):
        thing = getattr(importlib.import_module(module), name)
        found[name] = summary(thing, name)
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            found |= {f"{name}.{key}": summary(value) for key, value in members(thing).items()}
            attributes = section(docstring(thing), "Attributes")
            if attributes:
                found[f"{name}: attributes"] = ", ".join(f"`{key}`" for key in attributes)
    return found


class _Commands:
    """Takes the place of argparse's sub-parsers, and keeps the commands' summaries."""

    def __init__(self):
        self.found = {}
        for command in COMMANDS:
            command.add(self)

    def add_parser(self, name, help, **_):
        self.found[f"dsnmf {name}"] = help
        return argparse.ArgumentParser()


def _table(title, description, rows):
    rows = [f"| `{name}` | {text} |" for name, text in rows.items()]
    return "\n".join(
        [f"## {title}\n", f"{description}\n", "| name | what it is |", "|---|---|", *rows]
    )


def page():
    """The text of the page."""
    parts = [INTRODUCTION]
    for module in PUBLIC:
        description = summary(importlib.import_module(module))
        rows = {name: re.sub(r"\\?\|", r"\|", text) for name, text in entries(module).items()}
        parts.append(_table(f"`{module}`", description, rows) + "\n")
    text = "Each with its options: `dsnmf COMMAND --help`."
    return "\n".join([*parts, _table("On the command line", text, _Commands().found)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8", newline="\n")

"""The reference: the guide's page of it is whole and true, and so are the docstrings behind it."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pandas
import pytest

import dsnmf
from tests import api

NAMES = [(module, name) for module in api.PUBLIC for name in api.names(module)]
GUIDE = [*api.PAGE.parent.glob("*.md"), Path(__file__).parents[1] / "README.md"]


def thing(module, name):
    return getattr(importlib.import_module(module), name)


def test_the_page_is_what_the_docstrings_say():
    assert api.PAGE.read_text("utf-8") == api.page(), "python -m tests.api writes it anew"


@pytest.mark.parametrize("module", api.PUBLIC)
def test_no_public_name_is_undocumented(module):
    assert [name for name, text in api.entries(module).items() if not text] == []


def test_what_is_undocumented_is_seen():
    class Learned:
        """Something."""

        def fit(self):
            pass

        fit.__module__ = "dsnmf"

    assert {name: api.summary(member) for name, member in api.members(Learned).items()} == {
        "fit": ""
    }


def undescribed(function, texts):
    """Arguments that no docstring describes; a single one may stand in the summary."""
    arguments = {name for name in inspect.signature(function).parameters if name != "self"}
    titles = "Parameters", "Attributes"
    described = {name for text in texts for title in titles for name in api.section(text, title)}
    return set() if len(arguments) == 1 and not described else arguments - described


def gaps(name, value):
    """{dotted name: arguments that are not described}, of a public name and its members."""
    if not inspect.isclass(value):
        return {name: undescribed(value, [api.docstring(value)])}
    # What a class inherits its bases may describe.
    found = {name: undescribed(value, map(api.docstring, value.__mro__[:-1]))}
    methods = {key: method for key, method in api.members(value).items() if callable(method)}
    for key, method in methods.items():
        found |= gaps(f"{name}.{key}", method)
    return found


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_argument_is_described(module, name):
    value = thing(module, name)
    if callable(value) and value is not dsnmf.DeadModelWarning:
        found = gaps(f"{module}.{name}", value)
        assert {key: names for key, names in found.items() if names} == {}


def test_what_the_guide_names_is_public():
    public = {*api.PUBLIC, *(f"{module}.{name}" for module, name in NAMES)}
    for path in GUIDE:
        text = path.read_text("utf-8")
        named = {*re.findall(r"`(dsnmf(?:\.\w+)+)(?:\([^`]*)?`", text)}
        for module, imported in re.findall(r"from (dsnmf[\w.]*) import ([\w, ]+)", text):
            named |= {f"{module}.{name.strip()}" for name in imported.split(",")}
        assert named <= public, path.name


@pytest.mark.usefixtures("without_numba")
def test_documented_attributes_are_there():
    X = np.random.default_rng(0).standard_normal((12, 6))
    y, options = np.arange(12) % 2, {"max_iter": 20, "tol": 1.0}
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    # Some attributes come with a fit, others with a stream of samples.
    kinds = [
        [dsnmf.DSNMF(X, (3, 2)).fit(1)],
        [dsnmf.SemiNMF(2, **options).fit(frame), dsnmf.SemiNMF(2).partial_fit(X)],
        [
            dsnmf.DeepSemiNMF((3, 2), **options).fit(X),
            dsnmf.DeepSemiNMF((3, 2), solver="multiplicative").partial_fit(X),
        ],
        [dsnmf.WSF(2, **options).fit(X, y)],
        [dsnmf.DeepWSF((3, 2), **options).fit(X, np.stack([y, y], 1))],
    ]
    for models in kinds:
        documented = api.section(api.docstring(type(models[0])), "Attributes")
        there = {name for model in models for name in documented if hasattr(model, name)}
        assert {*documented} == there != set()

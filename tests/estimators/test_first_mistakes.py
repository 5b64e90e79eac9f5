"""What newcomers give by mistake, and what the error says to do."""

import inspect
import re

import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.base import clone

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF, WSFClassifier
from dsnmf.selection import select

X = np.random.default_rng(0).random((12, 4))
TEXTS = {"sample": [*"abcdefghijkl"], "a": X[:, 0], "kind": [*"aabbaabbaabb"]}
GAPS = np.where(np.eye(12, 4), np.nan, X)
LABELS = np.arange(12) % 2
DATES = np.datetime64("2026-01-01", "ns") + np.arange(12)
DATED = {"a": X[:, 0], "when": DATES}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SemiNMF(2).fit(pd.DataFrame(TEXTS)), "X has columns of text: sample, kind;"),
        (lambda: SemiNMF(2).fit(polars.DataFrame(TEXTS)), "X has columns of text: sample, kind;"),
        (lambda: WSFClassifier().fit(pd.DataFrame(TEXTS), LABELS), "X.drop(columns=['sample', 'k"),
        (lambda: SemiNMF(1).fit(DATES[:, None]), "X holds dates or times: leave them out"),
        (lambda: SemiNMF(1).fit(pd.DataFrame(DATED)), "columns when of X hold dates or times"),
        (lambda: SemiNMF(1).fit(polars.DataFrame(DATED)), "columns when of X hold dates or times"),
        (lambda: SemiNMF(2).fit("x.csv"), "read it with dsnmf.files.named_tables.read_table"),
        (lambda: WSFClassifier().fit("x.csv", LABELS), "read it with dsnmf.files.named_tables"),
        (lambda: WSFClassifier().fit(GAPS, LABELS), "X has 4 gaps (NaN)"),
        (lambda: DeepSemiNMF(4, 2), "Layers go in one tuple, e.g. (12, 4)"),
        (lambda: DeepWSF(4, 2), "Layers go in one tuple, e.g. (12, 4)"),
        (lambda: DeepSemiNMF(layers=3).fit(X), "Got 3 instead. Layers go in one tuple"),
        (lambda: SemiNMF(solver="adam").fit(X), "adam is a solver of DeepSemiNMF."),
        (lambda: WSF(solver="bcd").fit(X, LABELS), "bcd is a solver of SemiNMF."),
        (lambda: select(SemiNMF, X), "give SemiNMF(), with brackets"),
        (lambda: select([SemiNMF(), WSF], X), "give WSF(), with brackets"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()


def test_the_signature_is_that_of_the_parameters():
    model = DeepSemiNMF((4, 2), tol=1e-3)
    assert clone(model).get_params() == model.get_params()
    assert [*inspect.signature(DeepSemiNMF).parameters][:2] == ["layers", "solver"]

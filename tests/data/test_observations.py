"""AnnData objects as samples: their X, with the names of variables and observations."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from dsnmf import SemiNMF
from dsnmf.inspection import fill
from dsnmf.selection import select

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(RNG.exponential(size=(40, 3)) @ RNG.exponential(size=(3, 6))).astype(float)
CELLS, GENES = [f"cell{i}" for i in range(40)], [f"gene{i}" for i in range(6)]

pytestmark = pytest.mark.usefixtures("without_numba")


@dataclass
class Annotated:
    """What of AnnData matters here."""

    X: object
    obs: pd.DataFrame
    var: pd.DataFrame

    @property
    def shape(self):
        return self.X.shape

    @property
    def obs_names(self):
        return self.obs.index

    @property
    def var_names(self):
        return self.var.index


Annotated.X = None  # a class has it, as AnnData's property


def tables(genes=GENES):
    obs = pd.DataFrame({"kind": ["a"] * 40}, index=CELLS)
    return {"obs": obs, "var": pd.DataFrame({"n": [1] * len(genes)}, index=genes)}


@pytest.fixture(params=["stand-in", "anndata"])
def kind(request):
    if request.param == "stand-in":
        return Annotated
    return pytest.importorskip("anndata").AnnData


def model():
    return SemiNMF(2, solver="bcd", max_iter=20, tol=0)


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix])
def test_is_its_matrix_with_names(form, kind):
    data = kind(X=form(COUNTS), **tables())
    fitted = model().fit(data)
    expected = model().fit(form(COUNTS))
    assert [*fitted.feature_names_in_] == GENES
    np.testing.assert_array_equal(fitted.transform(data), expected.transform(form(COUNTS)))
    assert fitted.score(data) == expected.score(form(COUNTS))
    assert [*fitted.set_output(transform="pandas").transform(data).index] == CELLS
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.transform(kind(X=form(COUNTS), **tables([*GENES[1:], "other"])))
    assert fitted.transform(pd.DataFrame(COUNTS, columns=GENES)).shape == (40, 2)
    with pytest.raises(ValueError, match="has 5 features"):
        model().fit(COUNTS).transform(kind(X=form(COUNTS[:, 1:]), **tables(GENES[1:])))


def test_without_a_matrix(kind):
    with pytest.raises(ValueError, match="object has no X; give one of its layers"):
        model().fit(kind(X=None, **tables()))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_is_taken_by_functions_too(kind):
    gaps = COUNTS.copy()
    gaps[3, 2] = np.nan
    data = kind(X=gaps, **tables())
    fitted = model().fit(data)
    np.testing.assert_array_equal(fill(fitted, data), fill(model().fit(gaps), gaps))
    options = {"candidates": {"n_components": [1, 2]}, "criterion": "entries", "repeats": 2}
    found = select(model(), data, **options)
    assert found.table == select(model(), gaps, **options).table
    assert [*found.best_estimator_.feature_names_in_] == GENES

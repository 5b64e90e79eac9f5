"""Several starts, and fits that end because nothing can be better."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from tests.data.test_sources import as_dask, as_memmap
from tests.estimators.kinds import PLAIN, fitted

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).standard_normal((150, 10))
KIND = SemiNMF(4, solver="hals", **PLAIN)


def test_the_best_of_several_starts_is_kept():
    draws = np.random.default_rng(5)
    singly = [fitted(KIND, X, init="random", random_state=draws) for _ in range(4)]
    errors = [model.reconstruction_err_ for model in singly]
    best = singly[np.argmin(errors)]
    model = fitted(KIND, X, init="random", n_init=4, random_state=np.random.default_rng(5))
    assert len(set(errors)) == 4
    assert 0 < np.argmin(errors) < 3  # neither the first nor the last
    assert model.n_iter_ == best.n_iter_
    np.testing.assert_array_equal(model.H_[0], best.H_[0])
    np.testing.assert_array_equal(model.history_["cost"], best.history_["cost"])


@pytest.mark.parametrize("kind", [KIND, WSF(4, **PLAIN), DeepSemiNMF((6, 4), max_iter=20, **PLAIN)])
def test_the_first_start_is_the_parameters_own(kind):
    y = np.arange(len(X)) % 3
    alone, several = (fitted(kind, X, y, n_init=count) for count in (1, 3))
    again = fitted(kind, X, y, n_init=3)
    assert several.history_["cost"][-1] <= alone.history_["cost"][-1] * (1 + 1e-12)
    np.testing.assert_array_equal(again.H_[-1], several.H_[-1])


def test_callbacks_and_warm_starts_end_the_search():
    calls = []
    model = fitted(KIND, X, n_init=3, callback=lambda *_: calls.append(0) or len(calls) == 5)
    assert (len(calls), model.stopped_by_) == (5, "callback")
    model.set_params(warm_start=True, callback=lambda *_: calls.append(0), max_iter=2, tol=0).fit(X)
    assert len(calls) == 7


def test_several_starts_need_memory(tmp_path):
    with pytest.raises(ValueError, match="needs X in memory with n_init=2"):
        fitted(KIND, as_dask(X, tmp_path), n_init=2, block_size=20)


@pytest.mark.parametrize("solver", ["multiplicative", "hals"])
def test_a_fit_from_the_linear_program_is_at_its_optimum_at_once(solver, tmp_path):
    X = load_digits().data[:300]
    model = SemiNMF(8, solver=solver, init="lp", **PLAIN).fit(X)
    assert (model.stopped_by_, model.n_iter_) == ("optimum", 1)
    least = np.sqrt((np.linalg.svd(X)[1][8:] ** 2).sum())
    assert model.reconstruction_err_ == pytest.approx(least, rel=1e-4)
    model.save(tmp_path / "model")
    assert SemiNMF.load(tmp_path / "model").stopped_by_ == "optimum"


def test_an_optimum_is_found_where_there_is_one_alone(capsys):
    positive = load_digits().data[:300]
    assert fitted(KIND, positive, n_components=8, verbose=1).stopped_by_ == "optimum"
    assert "at its optimum" in capsys.readouterr().out
    assert fitted(KIND, positive, n_components=8, tol=0, max_iter=80).stopped_by_ == "max_iter"
    assert fitted(KIND, X).stopped_by_ == "tol"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["multiplicative", "bcd", "hals", "lbfgs"])
def test_a_fit_without_error_but_rounding_is_at_its_optimum(solver, dtype):
    full = X[:, :6].astype(dtype)
    deep = solver == "lbfgs"
    model = DeepSemiNMF((9, 8), solver=solver) if deep else SemiNMF(7, solver=solver)
    model.fit(full)
    assert (model.stopped_by_, model.n_iter_) == ("optimum", 1)
    assert model.reconstruction_err_ < 1e-5 * np.linalg.norm(full)


FORMS = {
    "not compressed": (lambda X, folder: X, {"compress": False}),
    "sparse": (lambda X, folder: scipy.sparse.csr_matrix(X), {}),
    "blocks": (as_memmap, {"compress": False, "block_size": 50}),
    "compressed blocks": (as_memmap, {"compress": True, "block_size": 50}),
    "another start": (lambda X, folder: X, {"compress": False, "init": "random"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_bound_is_that_of_the_truncated_svd_whatever_holds_the_data(form, tmp_path):
    """Of data without negative entries it is the infimum, which the fit is at."""
    made, options = FORMS[form]
    positive = load_digits().data[:300]
    model = fitted(KIND, made(positive, tmp_path), n_components=8, random_state=0, **options)
    # Other starts make no decomposition that would tell.
    assert model.stopped_by_ == ("tol" if form == "another start" else "optimum")
    least = (np.linalg.svd(positive)[1][8:] ** 2).sum()
    assert least <= model.reconstruction_err_**2 < 1.0002 * least

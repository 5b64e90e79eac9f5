"""What a model says of itself, fitted, saved, or of other samples."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.estimators.saved import CLASSES
from dsnmf.estimators.saved_arrays import KINDS, SavedModel
from dsnmf.inspection import describe

RNG = np.random.default_rng(0)
X = RNG.random((30, 3)) @ RNG.standard_normal((3, 8)) + 0.1 * RNG.standard_normal((30, 8))
Y = np.where(np.arange(30) % 5, np.array(["a", "b", "c"], object)[np.arange(30) % 3], None)

pytestmark = pytest.mark.usefixtures("without_numba")


def made(kind):
    return {
        "SemiNMF": lambda: SemiNMF(3).fit(np.where(RNG.random(X.shape) < 0.1, np.nan, X)),
        "relu": lambda: DeepSemiNMF((5, 2), max_iter=30).fit(X),
        "WSF": lambda: WSF(3, alpha=0.5).fit(pd.DataFrame(X, columns=[*"abcdefgh"]), Y),
        "stream": lambda: SemiNMF(2).partial_fit(X),
    }[kind]()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["SemiNMF", "relu", "WSF", "stream"])
def test_a_saved_model_says_the_same(kind, tmp_path):
    model = made(kind)
    model.save(tmp_path / "model")
    found, saved = describe(model), describe(SavedModel(tmp_path / "model"))
    assert saved == found
    assert json.loads(json.dumps(found.as_dict()))["kind"] == type(model).__name__
    assert str(found).splitlines()[0].startswith(type(model).__name__)
    if kind != "stream":
        residual = model.reconstruction_err_**2
        total = model._record["variation"] * model._scale**2
        assert found.explained == pytest.approx(1 - residual / total)
        assert len(found.components[0]["samples"]) == 3


def test_names_labels_and_parameters():
    found = describe(made("WSF"), n_features=2, names=[f"s{i}" for i in range(30)])
    assert found.parameters == {"alpha": 0.5}
    (labels,) = found.data["labels"]
    assert labels == {"classes": 3, "names": ["a", "b", "c"], "unknown": 6}
    assert "3 classes (a, b, c); 6 unknown" in str(found)
    for component in found.components:
        values = [abs(value) for _, value in component["features"]]
        assert values == sorted(values, reverse=True)
        assert {name for name, _ in component["features"]} <= {*"abcdefgh"}
        assert component["samples"][0][0].startswith("s")


def test_the_nearest_sample_is_the_one_made_of_a_component():
    pure = np.vstack([np.eye(2), [[0.6, 0.4]]]) @ np.array([[1.0, 2, 0], [0, -1, 3]])
    model = SemiNMF(2).fit(np.vstack([pure] * 3))
    A = model.components_of(-1)
    X_hat = model.H_[0].T @ A
    cosines = X_hat @ A.T / np.linalg.norm(X_hat, axis=1)[:, None] / np.linalg.norm(A, axis=1)
    for j, component in enumerate(describe(model, n_samples=1).components):
        ((name, cosine),) = component["samples"]
        assert cosine == pytest.approx(cosines[:, j].max())
        assert cosines[int(name), j] == pytest.approx(cosine)


@pytest.mark.parametrize("to", [np.asarray, csr_matrix])
def test_shares_are_of_what_is_factorised(to):
    model = SemiNMF(2, center=True, scale=True).fit(to(X))
    prepared = (X - X.mean(axis=0)) / X.std(axis=0)
    by_hand = SemiNMF(2).fit(prepared)
    for given in ((None, None), (to(X), prepared)):
        found, expected = (describe(*each) for each in zip((model, by_hand), given))
        assert found.explained == pytest.approx(expected.explained)
        for part in ("own", "unique"):
            shares = [[c[part] for c in each.components] for each in (found, expected)]
            np.testing.assert_allclose(*shares, rtol=1e-6)
    assert found.fit["relative_error"] == pytest.approx(expected.fit["relative_error"])


def test_other_samples_are_scored():
    model = made("WSF")
    other = X[:9] + 0.1
    found = describe(model, other)
    projected = model.score(pd.DataFrame(other, columns=[*"abcdefgh"]))
    assert found.explained == pytest.approx(projected, rel=1e-3)
    assert found.explained < projected
    assert "near the learned ones" in str(found)
    assert len(found.components[0]["samples"]) == 3
    assert found.components[0]["features"] == describe(model).components[0]["features"]


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        (lambda: SemiNMF(2), {}, ValueError, "not fitted"),
        (lambda: 3, {}, TypeError, "must be a fitted estimator"),
        (lambda: SemiNMF(2).fit(X), {"layer": 1}, ValueError, "layer must be"),
        (lambda: SemiNMF(2).fit(X), {"names": ["a"]}, ValueError, "as many as samples"),
    ],
)
def test_what_is_no_model_is_refused(model, options, error, message):
    with pytest.raises(error, match=message):
        describe(model(), **options)


def test_a_file_of_the_version_before_has_no_record(tmp_path):
    model = SemiNMF(2).fit(X)
    del model._record
    model.save(tmp_path / "model")
    found = describe(SavedModel(tmp_path / "model"))
    assert found.explained is None
    assert found.components[0]["own"] is None
    assert "?" in str(found)


def test_all_estimators_can_be_looked_at():
    assert sorted(KINDS) == sorted(CLASSES)


def test_samples_are_described_as_those_of_the_fit():
    rng = np.random.default_rng(0)
    X = rng.gamma(2, 1, (120, 4)) @ rng.standard_normal((4, 20))
    X += 0.05 * rng.standard_normal(X.shape) - X.mean(axis=0)  # so components are nearly dependent
    model = SemiNMF(5).fit(X[:80])
    learned, same, new = describe(model), describe(model, X[:80]), describe(model, X[80:])
    assert (learned.features, same.features, new.features) == ("learned", "learned", "nonnegative")
    assert same.explained == pytest.approx(learned.explained)
    own, again, other = (sum(c["own"] for c in found.components) for found in (learned, same, new))
    assert again == pytest.approx(own)
    assert other < 2 * own
    model.set_params(transform_method="projection", metric="components")
    projected = model.transform(X[80:])
    norms = np.square(model.Z_[0]).sum(axis=0)
    assert (norms * projected.var(axis=0)).sum() > 5 * other * X[80:].var(axis=0).sum()

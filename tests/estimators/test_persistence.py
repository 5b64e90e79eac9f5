"""What a file gives back is what was saved, or nothing is saved."""

import os

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, knn_affinity, label_affinity
from tests.estimators.kinds import PLAIN

pytestmark = pytest.mark.usefixtures("without_numba")  # of what graphs have within, too

X = np.random.default_rng(0).standard_normal((30, 8))
W, CLASSES = knn_affinity(X.T), label_affinity(np.arange(30) % 3)
SUM = combine([CLASSES, W], [2, 3], -0.1)
QUICK = {"max_iter": 3, "tol": 0, **PLAIN}
Z, H = np.ones((8, 2)), np.random.default_rng(1).random((2, 30))


def steep(x):
    return pt.softplus(2 * x)


def same(a, b):
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "toarray"):
        return type(a) is type(b) and np.array_equal(a.toarray(), b.toarray())
    return np.array_equal(a, b) and np.asarray(a).dtype == np.asarray(b).dtype


@pytest.mark.parametrize(
    "estimator",
    [
        SemiNMF(2, init=(Z, H), **QUICK),
        DeepSemiNMF(np.array([4, 2]), init=([Z[:, [0] * 4], Z[:4]], [H[[0, 1, 0, 1]], H]), **QUICK),
        DeepSemiNMF([np.int64(4), 2], learning_rate=np.float32(1e-3), whiten=np.float64(0.5),
                    compress=np.int64(5), **QUICK),
        WSF(2, np.float64(0.5), affinity=W, **QUICK),
        WSF(2, [0.5], affinity=scipy.sparse.coo_array(W), **QUICK),
        WSF(2, affinity=W.toarray(), **QUICK),
        DeepWSF((4, 2), (0.1, np.float64(0.2)), affinity=["knn", CLASSES], **QUICK),
        DeepWSF((4, 2), np.array([0.1, 0.2]), affinity=[SUM, "knn"], **QUICK),
    ],
    ids=["factors", "array of layers", "scalars", "csr", "coo array", "array", "labels", "sum"],
)  # fmt: skip
def test_parameters_of_every_kind_come_back(estimator, tmp_path):
    estimator.fit(X).save(tmp_path / "model")
    loaded = type(estimator).load(tmp_path / "model")
    for name, value in estimator.get_params().items():
        assert same(value, loaded.get_params()[name]) or np.isscalar(value), name
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    features = loaded.transform(X, layer=0)
    np.testing.assert_array_equal(features, estimator.transform(X, layer=0))
    np.testing.assert_array_equal(
        loaded.inverse_transform(features, layer=0), estimator.inverse_transform(features, layer=0)
    )
    np.testing.assert_array_equal(loaded.fit(X).H_[-1], estimator.H_[-1])


@pytest.mark.parametrize(
    ("name", "estimator"),
    [
        ("nonlinearity", DeepSemiNMF((4, 2), nonlinearity=steep, **QUICK)),
        ("callback", SemiNMF(2, callback=lambda i, state: False, **QUICK)),
        ("random_state", SemiNMF(2, random_state=np.random.default_rng(0), **QUICK)),
        ("affinity", WSF(2, affinity=pytensor.shared(W.toarray()), **QUICK)),
        ("affinity", DeepWSF((4, 2), affinity=["knn", pytensor.shared(W)], **QUICK)),
        ("mode", SemiNMF(2, max_iter=3, tol=0, mode=pytensor.compile.get_mode("FAST_COMPILE"))),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(name, estimator, tmp_path):
    estimator.fit(X)
    (tmp_path / "model").write_text("before")
    with pytest.raises(TypeError, match=f"^{name} cannot be written to a file"):
        estimator.save(tmp_path / "model")
    assert (tmp_path / "model").read_text() == "before"
    assert os.listdir(tmp_path) == ["model"]


def test_names_of_features_stay(tmp_path):
    import pandas as pd

    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    model = SemiNMF(2, **QUICK).fit(frame)
    model.save(tmp_path / "model")
    loaded = SemiNMF.load(tmp_path / "model")
    assert loaded.feature_names_in_.tolist() == list("abcdefgh")
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.transform(frame[list("bacdefgh")])


@pytest.mark.parametrize("changed", [{"solver": "multiplicative"}, {"nonlinearity": "softplus"}])
def test_a_fitted_model_keeps_its_nonlinearity(changed, tmp_path):
    model = DeepSemiNMF((4, 2), **QUICK).fit(X)
    H = model.transform(X)
    expected = model.inverse_transform(H)
    model.set_params(**changed)
    model._ready.clear()
    model.save(tmp_path / "model")
    for other in (model, DeepSemiNMF.load(tmp_path / "model")):
        np.testing.assert_array_equal(other.transform(X), H)
        np.testing.assert_array_equal(other.inverse_transform(H), expected)

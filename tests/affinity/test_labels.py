"""Affinities from labels against the authors' constructW and their definition."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf.affinity import LabelAffinity, label_affinity

LABELS = np.array([0, 1, 1, -1, 0, 1])


@pytest.mark.parametrize(
    ("data", "labels", "expected"),
    [("X", "y", "W_sup_heat_X"), ("Xraw", "y", "W_sup_heat_Xraw"), ("X", "y2", "W_sup_heat_X_y2")],
)
def test_heat_reference(reference, data, labels, expected):
    base, run = reference("matlab/base"), reference("matlab/constructW")
    W = label_affinity(base[labels].ravel(), base[data], kind="heat")
    assert isinstance(W, scipy.sparse.csr_matrix)
    np.testing.assert_allclose(W.toarray(), run[expected], rtol=1e-12, atol=1e-15)


def test_binary_reference(reference):
    W = label_affinity(reference("matlab/base")["y"])  # a column, as MATLAB has it
    expected = reference("matlab/constructW")["W_sup_bin"]
    np.testing.assert_array_equal(W.toarray(), expected)
    np.testing.assert_array_equal(W.degrees, expected.sum(axis=1))


def test_width_of_the_heat_kernel():
    X = np.array([[0.0, 3.0, 3.0], [0.0, 4.0, 0.0]])
    W = label_affinity([5, 5, 6], X, kind="heat", t=2.5).toarray()
    assert W[0, 1] == W[1, 0] == pytest.approx(np.exp(-2))
    assert np.count_nonzero(W) == 2


@pytest.mark.parametrize("kind", ["binary", "heat"])
@pytest.mark.parametrize(
    "names",
    [
        np.array(["b", "a", "-1"]),
        np.array([b"b", b"a", b"-1"]),
        np.array(["b", "a", -1], object),
        np.array(["b", "a", None], object),
        np.array([7.0, -3.0, -1.0]),
        np.array([200, 3, 7], np.uint8),
    ],
    ids=["str", "bytes", "object", "None", "float", "uint8"],
)
def test_any_labels_and_unknown_ones(kind, names):
    # All forms that mean "unknown" are in tests/test_validation.py.
    X = np.random.default_rng(0).random((3, 6))
    expected = label_affinity(LABELS, X, kind=kind).toarray()
    assert not expected[3].any()
    np.testing.assert_array_equal(label_affinity(names[LABELS], X, kind=kind).toarray(), expected)


def test_heat_of_equal_and_zero_samples():
    X = np.array([[0.0, 3.0, 3.0, 0.0], [0.0, 4.0, 4.0, 0.0]])
    W = label_affinity([0] * 4, X, kind="heat", t=5).toarray()
    far = np.exp(-1 / 2)
    expected = [[0, far, far, 1], [far, 0, 1, far], [far, 1, 0, far], [1, far, far, 0]]
    np.testing.assert_allclose(W, expected)


@pytest.mark.parametrize("kind", ["binary", "heat"])
def test_several_attributes_add_up(kind):
    X = np.random.default_rng(1).random((3, 6))
    other = np.array([2, 2, 2, 2, -1, 0])
    both = label_affinity(np.c_[LABELS, other], X, kind=kind)
    parts = [label_affinity(labels, X, kind=kind).toarray() for labels in (LABELS, other)]
    np.testing.assert_allclose(both.toarray(), sum(parts), rtol=1e-14)
    assert both.toarray()[1, 2] > parts[0][1, 2]


def test_nothing_known_means_no_edges():
    W = label_affinity([-1, -1, -1])
    assert W.shape == (3, 3)
    assert W.tosparse().nnz == 0
    np.testing.assert_array_equal(W.degrees, np.zeros(3))


@pytest.mark.parametrize("factor", [0, 2, 0.5, np.float32(0.5), np.float64(3)])
def test_factor(factor):
    W = label_affinity(LABELS)
    for scaled in (factor * W, W * factor):
        assert isinstance(scaled, LabelAffinity)
        np.testing.assert_allclose(scaled.toarray(), factor * W.toarray())
        np.testing.assert_allclose(scaled.degrees, factor * W.degrees)
    with pytest.raises(ValueError, match="factor of an affinity must be finite and >= 0"):
        W * -1.0


def test_binary_form_stays_small():
    n = 50_000
    W = label_affinity(np.arange(n) % 3)
    assert W.indicators.nnz == n
    np.testing.assert_array_equal(W.degrees, np.bincount(np.arange(n) % 3)[np.arange(n) % 3] - 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_heat_follows_the_dtype_of_the_data(dtype):
    assert label_affinity([0, 0], np.ones((2, 2), dtype), kind="heat").dtype == dtype


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"labels": []}, ValueError, r"labels must have shape \(n,\) or \(n, attributes\)"),
        ({"labels": [1j, 2j]}, TypeError, "labels must be numbers, strings or dates"),
        ({"labels": [0, 1], "kind": "cosine"}, ValueError, "kind must be 'binary' or 'heat'"),
        ({"labels": [0, 1], "kind": "heat"}, ValueError, "X is needed for kind='heat'"),
        (
            {"labels": [0, 1], "kind": "heat", "X": np.ones((2, 3))},
            ValueError,
            r"X \(features x samples\) has 3 samples, but labels has 2",
        ),
        ({"labels": [0, 1], "t": 0}, ValueError, "t must be finite and > 0"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        label_affinity(**arguments)

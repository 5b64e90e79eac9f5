"""Greedy pre-training."""

from functools import partial

import numpy as np
import pytest

from dsnmf.initialisation import appr_seminmf, lp_seminmf, nndsvd, pretrain, random

X = np.random.default_rng(0).normal(size=(10, 30))


@pytest.mark.parametrize(
    "factorise", [appr_seminmf, lp_seminmf, nndsvd, partial(random, random_state=1)]
)
def test_every_layer_factorises_the_features_below(factorise):
    layers = (6, 4, 2)
    Zs, Hs = pretrain(X, layers, factorise)
    below = X
    for Z, H, k in zip(Zs, Hs, layers):
        expected_Z, expected_H = factorise(below, k)
        np.testing.assert_array_equal(Z, expected_Z)
        np.testing.assert_array_equal(H, expected_H)
        assert H.min() >= 0
        below = H


def test_exact_layers_reconstruct_the_data():
    exact = np.random.default_rng(1).normal(size=(10, 2)) @ np.random.default_rng(2).random((2, 30))
    Zs, Hs = pretrain(exact, (4, 4), lp_seminmf)
    np.testing.assert_allclose(Zs[0] @ Zs[1] @ Hs[1], exact, atol=1e-8)


def test_bad_arguments():
    with pytest.raises(ValueError, match="layers must name at least one layer"):
        pretrain(X, (), appr_seminmf)
    with pytest.raises(ValueError, match=r"layers\[1\] must be >= 1"):
        pretrain(X, (3, 0), appr_seminmf)
    with pytest.raises(ValueError, match=r"factorise must return factors of shapes \(10, 3\) and"):
        pretrain(X, (3, 2), lambda H, k: appr_seminmf(H.T, k))

"""Training samples that stand for all: the same in parts, by their energy, with true sums."""

import numpy as np
import pytest

from dsnmf.estimators.search.probes import PROBES, Probes, fixed_draws

RNG = np.random.default_rng(0)


def probes(X, Z, F, drawn, parts):
    norms = np.linalg.norm(X, axis=0)
    made = [Probes(drawn[part], norms[part], X[:, part], Z, F[:, part]) for part in parts]
    for part in made[1:]:
        made[0] += part
    return made[0].table()


@pytest.mark.parametrize("n", [3, PROBES, PROBES + 1, 400])
def test_parts_have_the_probes_of_all(n):
    X = RNG.standard_normal((5, n)) * 10 ** RNG.uniform(-20, 20, n)
    X[:, 1] = 0
    Z, F = RNG.standard_normal((5, 2)), RNG.random((2, n))
    parts = [slice(0, 1), slice(1, n // 2), slice(n // 2, n)]
    table = probes(X, Z, F, fixed_draws(n), parts)
    np.testing.assert_allclose(table, probes(X, Z, F, fixed_draws(n), [slice(n)]), rtol=1e-9)
    assert table.shape == (5, min(n - 1, PROBES))
    assert (table[0] >= 1).all()
    assert table[1].max() == pytest.approx(np.square(X).sum(axis=0).max())
    if n <= PROBES:
        assert (table[0] == 1).all()


def test_weighted_sums_are_expected_to_be_those_of_all():
    n = 400
    X = RNG.standard_normal((5, n)) * np.exp(RNG.standard_normal(n))
    Z, F = RNG.standard_normal((5, 2)), RNG.random((2, n))
    errors = np.square(X - Z @ F).sum()
    sums = [
        (table := probes(X, Z, F, RNG.exponential(size=n), [slice(n)]))[0] @ table[2]
        for _ in range(200)
    ]
    assert np.mean(sums) == pytest.approx(errors, rel=5 * np.std(sums) / errors / 200**0.5)
    assert np.std(sums) < 0.2 * errors


def test_gaps_are_filled_from_the_fit():
    Z, F = RNG.standard_normal((5, 2)), RNG.random((2, 3))
    X = Z @ F + 1
    X[0, 1] = np.nan
    errors = Probes(fixed_draws(3), np.ones(3), X, Z, F).table()[2]
    np.testing.assert_allclose(sorted(errors), [4, 5, 5])

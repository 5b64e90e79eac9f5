"""All estimators on small data of odd kinds: right to their own error, or a word that says why."""

import warnings

import numpy as np
import pytest

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF

K, N, P = 3, 24, 8


def _low_rank(rng, n=N, p=P, rank=4):
    return rng.random((n, rank)) @ rng.standard_normal((rank, p))


def _noisy(rng, n=N, p=P):
    return _low_rank(rng, n, p) + 0.2 * rng.standard_normal((n, p))


def _with(change):
    """Ordinary data after `change(X, rng)`, in place."""

    def make(rng):
        X = _noisy(rng)
        change(X, rng)
        return X

    return make


def _smooth(rng):
    wave = np.linspace(0, 1, 40)
    peaks = np.exp(-(((wave - rng.random((4, 1))) / 0.1) ** 2))
    return 5 + rng.random((N, 4)) @ peaks


def _indicators(rng):
    return np.eye(P)[rng.integers(0, P, N)]


KINDS = {
    "noise": lambda rng: rng.standard_normal((N, P)),
    "low rank and noise": _noisy,
    "exactly of low rank": _low_rank,
    "rank 1": lambda rng: _low_rank(rng, rank=1),
    "rank 2": lambda rng: _low_rank(rng, rank=2),
    "large mean": lambda rng: 100 + _noisy(rng),
    "huge mean": lambda rng: 1e6 + _noisy(rng),
    "one direction's large mean": lambda rng: _noisy(rng) + 1e4 * np.eye(P)[0],
    "all negative": lambda rng: -10 - rng.random((N, P)),
    "non-negative": lambda rng: rng.exponential(size=(N, P)),
    "smooth spectra": _smooth,
    "one huge sample": _with(lambda X, rng: X[:1].__imul__(1e6)),
    "one tiny sample": _with(lambda X, rng: X[:1].__imul__(1e-18)),
    "many tiny samples": _with(lambda X, rng: X[::2].__imul__(1e-6)),
    "norms from 1e-20 to 1e20": _with(lambda X, rng: X.__imul__(np.logspace(-20, 20, N)[:, None])),
    "log-normal norms": _with(lambda X, rng: X.__imul__(rng.lognormal(0, 2, (N, 1)))),
    "zero samples": _with(lambda X, rng: X[::3].fill(0)),
    "one sample that is not zero": _with(lambda X, rng: X[1:].fill(0)),
    "zero features": _with(lambda X, rng: X[:, ::2].fill(0)),
    "constant features": _with(lambda X, rng: X[:, :3].fill(7)),
    "one huge feature": _with(lambda X, rng: X[:, :1].__imul__(1e6)),
    "one tiny feature": _with(lambda X, rng: X[:, :1].__imul__(1e-12)),
    "features of many units": _with(lambda X, rng: X.__imul__(np.logspace(-4, 4, P))),
    "one huge entry": _with(lambda X, rng: X[:1, :1].fill(1e8)),
    "duplicate samples": lambda rng: np.repeat(_noisy(rng)[:4], N // 4, axis=0),
    "duplicate features": lambda rng: np.repeat(_noisy(rng)[:, :2], P // 2, axis=1),
    "all samples equal": lambda rng: np.tile(rng.standard_normal(P), (N, 1)),
    "nearly equal samples": lambda rng: rng.standard_normal(P) + 1e-5 * _noisy(rng),
    "more features than samples": lambda rng: _noisy(rng, n=8, p=60),
    "two features": lambda rng: _noisy(rng, p=2),
    "hardly more samples than components": lambda rng: _noisy(rng, n=6),
    "heavy tails": lambda rng: rng.standard_cauchy((N, P)),
    "spikes": lambda rng: rng.laplace(size=(N, P)) ** 3,
    "clusters far apart": lambda rng: (
        50 * rng.standard_normal((3, P))[np.arange(N) % 3] + rng.standard_normal((N, P))
    ),
    "opposite signs": lambda rng: _noisy(rng) * np.where(np.arange(N) % 2, 1, -1)[:, None],
    "steps": lambda rng: np.cumsum(rng.integers(-1, 2, (N, P)), axis=0).astype(float),
    "indicators": _indicators,
    "counts": lambda rng: rng.poisson(0.3, (N, P)) + _indicators(rng).astype(int),
    "integers": lambda rng: rng.integers(-50, 50, (N, P)),
    "bytes": lambda rng: rng.integers(0, 256, (N, P), dtype=np.uint8),
    "float16": lambda rng: _noisy(rng).astype(np.float16),
    "float32": lambda rng: _noisy(rng).astype(np.float32),
    "float32 of large mean": lambda rng: (100 + _noisy(rng)).astype(np.float32),
    "unit of 1e-150": lambda rng: 1e-150 * _noisy(rng),
    "unit of 1e150": lambda rng: 1e150 * _noisy(rng),
}
LABELS = np.where(np.arange(N) % 4, np.arange(N) % 2, -1)
#: In users' mode: so many iterations take two thirds of the time that plain modes need.
MODELS = {
    "SemiNMF": SemiNMF(K),
    "SemiNMF, bcd": SemiNMF(K, solver="bcd"),
    "DeepSemiNMF": DeepSemiNMF((5, K)),
    "DeepSemiNMF, multiplicative": DeepSemiNMF((5, K), solver="multiplicative"),
    "WSF": WSF(K),
    "DeepWSF": DeepWSF((5, K)),
}
#: Whose fit labels hold back from the least error.
SUPERVISED = ("WSF", "DeepWSF")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_default_fits(name, kind):
    X = KINDS[kind](np.random.default_rng(0))
    # To unit size: norms of the largest data overflow.
    unit = float(np.abs(X.astype(np.float64)).max()) or 1.0
    wide = X / unit
    model = MODELS[name]
    layers = (5, K) if len(X) >= 5 else (K, K)
    assert max(layers) <= len(X)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(X, LABELS[: len(X)] if name in SUPERVISED else None)
        features = model.transform(X)
        left = np.linalg.norm(wide - model.inverse_transform(features) / unit)
    said = [str(warning.message) for warning in said]
    size, fit = np.linalg.norm(wide), model.reconstruction_err_ / unit
    rounding = size * (1e-4 if features.dtype == np.float32 else 1e-7)
    assert features.shape == (len(X), K)
    assert left <= 1.1 * fit + rounding or said
    least = np.linalg.norm(np.linalg.svd(wide.astype(np.float64), compute_uv=False)[K - 1 :])
    if name not in SUPERVISED:
        assert fit <= 1.02 * least + rounding or said, (fit, least)
    if np.ptp(wide, axis=0).max() > 0:
        assert model.score(X) <= 1

"""Training on fewer features: X in the coordinates of its leading left singular vectors."""

from dataclasses import dataclass

import numpy as np

from dsnmf.initialisation.floor import NOISE_FLOOR, NoiseFloor, as_noise_floor
from dsnmf.initialisation.spectrum import choose_vectors
from dsnmf.initialisation.triplets import (
    all_triplets,
    gram_eigen,
    leading_triplets,
    project_onto,
    resolve_side,
)
from dsnmf.validation import as_number, as_size

#: compress="auto" compresses if at most this share of the number of features remains, because a
#: part of an epoch's time does not depend on it.
WORTHWHILE = 0.5


@dataclass(frozen=True, eq=False)
class Compression:
    """The map from X to X' = diag(weights) Uᵀ X, and from Z_1 to Z_1' = diag(weights) Uᵀ Z_1.

    If all weights are 1 and Z_1 lies in U's span, the squared error of X' and Z_1' plus
    `discarded` is that of X and Z_1. If also nothing is discarded and no layer is wider than X's
    rank, the multiplicative rules give the same factors as on X. For Adam it is a change of
    coordinates.

    Attributes
    ----------
    U : ndarray, shape (p, r)
        Orthonormal columns: the leading left singular vectors of X.
    weights : ndarray, shape (r,), > 0
        1, or σ^-whiten.
    discarded : float >= 0
        Σ X² - Σ (UᵀX)².
    """

    U: np.ndarray
    weights: np.ndarray
    discarded: float

    @property
    def is_whitened(self):
        """Whether errors are weighted, so that costs are not those of X."""
        return bool((self.weights != 1).any())

    @property
    def offset(self):
        """Added to costs in the small coordinates: the discarded energy, or 0 if weighted."""
        return 0.0 if self.is_whitened else self.discarded

    @classmethod
    def from_svd(cls, U, S, energy, whiten, dtype):
        """From left singular vectors U and values S > 0 of an X with Σ X² = energy."""
        discarded = max(energy - float((S**2).sum()), 0.0)
        return cls(U.astype(dtype), (S**-whiten).astype(dtype), discarded)

    def arrays(self):
        """The compression as arrays by name, for a file; `from_arrays` is the inverse."""
        return {f"compression_{field}": np.asarray(value) for field, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays):
        """The compression whose `arrays` are among these; None if they are not."""
        if "compression_U" not in arrays:
            return None
        U, weights = arrays["compression_U"], arrays["compression_weights"]
        return cls(U, weights, float(arrays["compression_discarded"]))

    def reduced(self, Z):
        """Z_1' of a full-size Z_1; the part outside U's span is lost."""
        return (self.weights[:, None] * (self.U.T @ Z)).astype(Z.dtype, copy=False)

    def restored(self, Z):
        """The full-size Z_1 (p x k), or X̂ (p x n), of small coordinates."""
        return (self.U @ (Z / self.weights[:, None])).astype(Z.dtype, copy=False)


def as_compress(value):
    """True, False, "auto" or a rank (int >= 1); TypeError or ValueError otherwise."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"compress must be 'auto', True, False or a rank, got {value!r}")
        return value
    return as_size(value, "compress")


def as_compress_options(how, whiten):
    """Validate both arguments of `compress`; TypeError or ValueError."""
    how = as_compress(how)
    whiten = as_number(whiten, "whiten", 0)
    if whiten > 1:
        raise ValueError(f"whiten must be in [0, 1], got {whiten!r}")
    if whiten and how is False:
        raise ValueError("whiten needs compress: it weights the compressed coordinates")
    return how, whiten


def check_rank(how, shape):
    """Raise a ValueError if a matrix of this shape has fewer triplets than how asks for."""
    if how is not True and how != "auto" and how > min(shape):
        raise ValueError(f"compress must be at most min(p, n) = {min(shape)}, got {how}")


def is_worthwhile(rank, n_features, how, whiten):
    """Whether to compress, where how is not False."""
    if how == "auto" and not whiten:
        return 0 < rank <= WORTHWHILE * n_features
    return rank > 0


def _energy(X, scale):
    """Σ (X / scale)², summed in float64 without a copy of X."""
    rows = X if X.flags.c_contiguous else X.T
    return sum(float(np.dot(row, row)) for row in (row.astype(np.float64) / scale for row in rows))


def fix_signs(U):
    """Give singular vectors the signs that a seeded direction fixes: rounding cannot flip them."""
    direction = np.random.default_rng(0).standard_normal(len(U))
    return U * np.where(direction @ U < 0, -1.0, 1.0)


def _directions(X, how, noise_floor, whiten, eigen):
    """U, or None if compression is not worthwhile."""
    check_rank(how, X.shape)
    rng, given = np.random.default_rng(0), how is not True and how != "auto"
    floor, most = (NoiseFloor(0), how) if given else (as_noise_floor(noise_floor), min(X.shape))
    if eigen is None:
        triplets = leading_triplets(X, most, floor, rng) if given else all_triplets(X, floor, rng)
        U, S, _ = triplets
        return fix_signs(U) if is_worthwhile(len(S), X.shape[0], how, whiten) else None
    found = resolve_side(X, most, floor, eigen)
    if not is_worthwhile(min(len(found[0]), most), X.shape[0], how, whiten):
        return None
    U, _ = choose_vectors(*found, most, rng)
    if len(U) != X.shape[0]:  # vectors of the samples' side
        U = project_onto(U, X.T).T
        U /= np.linalg.norm(U, axis=0)
    return fix_signs(U)


def compress(X, how, *, noise_floor=NOISE_FLOOR, whiten=0.0, scale=1.0, eigen=None):
    """Compress X / scale; returns X' and the `Compression` that maps it back.

    Parameters
    ----------
    X : ndarray, shape (p, n), float32 or float64
        Features x samples, finite.
    how : {"auto", True, False} or int >= 1
        True keeps all singular triplets above the noise floor, a number that many. "auto" is True
        where that leaves at most half as many coordinates as features.
    noise_floor : float in [0, 1)
        See `dsnmf.initialisation.truncated_svd`; 0 keeps everything but rounding.
    whiten : float in [0, 1]
        Flattens the spectrum: singular values σ become σ^(1 - whiten). A fit then minimises a
        weighted error.
    scale : float > 0
        Divides X', so that X / scale is never formed.
    eigen : (ndarray, ndarray), optional
        `gram_eigen(X)`, if it is known.

    Returns
    -------
    X' : ndarray, shape (r, n), C-contiguous, or X itself
    Compression or None
        None where X itself is returned, not divided; also where X is zero.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, a number exceeds min(p, n), or whiten is given without
        compression.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.data.compression import compress
    >>> X = np.outer(np.arange(6.0), np.ones(20))
    >>> small, compression = compress(X, "auto")
    >>> small.shape, bool(np.allclose(compression.restored(small), X))
    ((1, 20), True)
    """
    how, whiten = as_compress_options(how, whiten)
    if how is False:
        return X, None
    U = _directions(X, how, noise_floor, whiten, gram_eigen(X) if eigen is None else eigen)
    if U is None:
        return X, None
    # In float64: small coordinates are a difference of large ones where the mean is large.
    small = project_onto(U, X)
    small /= scale
    S = np.linalg.norm(small, axis=1)
    small *= (S**-whiten)[:, None]
    return small.astype(X.dtype, copy=False), Compression.from_svd(
        U, S, _energy(X, scale), whiten, X.dtype
    )

"""The base class of data matrices: scale, errors, and maps between forms of Z_1."""

from functools import cached_property

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.initialisation.spectrum import least_error
from dsnmf.magnitude import largest_magnitude
from dsnmf.symbolic import layer_features
from dsnmf.symbolic.shared import open_shared

#: Entries of arrays that are made at once, so that memory does not grow with the samples.
BLOCK = 1 << 18


def _root_mean_square(norms):
    """Root mean square of norms, which may be very large or small; 1 if all are 0."""
    largest = norms.max()
    return float(largest * np.sqrt(np.mean((norms / largest) ** 2))) if largest > 0 else 1.0


def column_blocks(rows, columns):
    """Slices of the columns of a matrix, of about `BLOCK` entries each."""
    width = max(1, BLOCK // rows)
    return [slice(start, start + width) for start in range(0, columns, width)]


class DataVariables:
    """The data as variables of a program: shared ones for any size, or a block's rows as input.

    Each kind of data has a subclass. This base class is for an array without gaps.

    Parameters
    ----------
    dtype : {"float32", "float64"}
    in_rows : bool
        Whether the data are an input of compiled functions, a block's rows (b x p).

    Attributes
    ----------
    X : variable, shape (p, n), or (r, n) where compressed
    rows : variable, shape (b, p)
        Only for a block: Xᵀ, the input.
    variables : list of variables
        Shared ones that hold `Samples.values`; or the input.
    """

    def __init__(self, dtype, in_rows=False):
        if in_rows:
            self.rows = self._rows(dtype)
            self.X, self.variables = self.rows.T, [self.rows]
        else:
            self.X = self._shared(dtype)
            self.variables = [self.X]

    def _shared(self, dtype):
        return open_shared("X", dtype)

    def _rows(self, dtype):
        return pt.matrix("rows", dtype=dtype)

    def filled(self, Zs, H, nonlinearity):
        """X, any gaps filled from the reconstruction."""
        return self.X

    def squared_error(self, Zs, H, nonlinearity):
        """Σ (X - X̂)² over the known entries."""
        return self._squared_error(Zs[0], layer_features(Zs, H, 1, nonlinearity))

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """`squared_error` and its derivatives by params: some of Zs, and the inputs of H."""
        error = self.squared_error(Zs, H, nonlinearity)
        return error, pytensor.grad(error, params)


class Samples:
    """n samples of p features, with all that starts, rules, costs and feature maps need.

    A fit divides all samples by one scale. The root mean square of their norms is then 1, so that
    results do not depend on the unit of the data. Each kind of data has a subclass, and other code
    never tests which. This base class is for an array without gaps.

    Parameters
    ----------
    given : ndarray or SciPy sparse matrix, shape (p, n), float32 or float64
        The unscaled samples; not copied.
    scale : float > 0, optional
        Divisor of the samples; by default the root mean square of their norms.

    Attributes
    ----------
    given, scale
    shape : (int, int)
        p, n
    dtype : dtype
    norms : ndarray, shape (n,), float64
        l2 norms of the samples at that scale. A sample with gaps gets the norm that it would have
        if its unknown entries had the mean square of its known ones.
    start : ndarray or SciPy sparse matrix, shape of X
        The input of initialisers.
    variables : type
        The `DataVariables` of this kind, in which rules use X, compressed or not.
    scaled : ndarray or SciPy sparse matrix, shape (p, n)
        X at the scale of the fit, not compressed, gaps filled.
    unshifted : ndarray or SciPy sparse matrix, shape (p, n)
        `scaled` plus the vector `shift`, if there is one: for code that uses only differences of
        samples.
    shift : ndarray, shape (p,), or None
    offset : float >= 0
        The squared error of `scaled` minus that of X.
    is_complete : bool
        Whether X has no gaps, so that rules use the same X in every iteration.
    only_known : bool
        Whether rules use the known entries alone.
    """

    offset = 0.0
    is_complete = True
    only_known = False
    shift = None
    _eigen = _spectrum = None

    def __init__(self, given, scale=None):
        self.given = given
        unit = largest_magnitude(self.given) or 1.0  # squares of extremes leave float64
        norms = unit * np.sqrt(self._energies(unit))
        self.scale = _root_mean_square(norms) if scale is None else scale
        self.norms = norms / self.scale

    @property
    def shape(self):
        return self.given.shape

    @property
    def dtype(self):
        return self.given.dtype

    def _energies(self, unit):
        """Per sample Σ (x / unit)²."""
        energies = np.empty(self.given.shape[1])
        for block in column_blocks(*self.given.shape):
            energies[block] = self._block_energies(self.given[:, block] / unit)
        return energies

    def _block_energies(self, X):
        return np.square(X).sum(axis=0)

    @property
    def _unit(self):
        return self.given.dtype.type(self.scale)

    @cached_property
    def start(self):
        return np.divide(self.given, self._unit, order="C")

    def find_eigen(self):
        """Compute the result of `take_eigen`, if the start would decompose the same Gram matrix."""

    def take_eigen(self):
        """`gram_eigen(start)`, or None if it is not known; not kept afterwards."""
        eigen, self._eigen = self._eigen, None
        if eigen is not None:
            self._spectrum = eigen[0]
        return eigen

    def least_error(self, rank):
        """The squared error of the best approximation of this rank; 0 if it is not known."""
        return 0.0 if self._spectrum is None else self.offset + least_error(self._spectrum, rank)

    def values(self):
        """The values of `variables`, C-contiguous or sparse: X first."""
        return [np.ascontiguousarray(self.start)]

    @property
    def scaled(self):
        return self.start

    @property
    def unshifted(self):
        return self.scaled

    @property
    def step_shape(self):
        """The number of samples in a step, and of known features in each."""
        n = len(self.norms)
        return n, self.start.size / n

    @property
    def dense(self):
        """`scaled` as an array; ValueError if that would be too large."""
        return self.scaled

    def check_known(self, features=True, first=0):
        """Raise a ValueError if a sample, or with features a feature, has no known entry.

        Samples are counted from `first`.
        """

    def check_use(self, mode, init):
        """Raise a ValueError if this kind does not support the mode or the start."""

    def compressed(self, Z):
        """Z_1 in the coordinates of X, from a Z_1 for `scaled`."""
        return Z

    def reduced(self, Z):
        """Z_1 in the coordinates of X, from a Z_1 for `given`."""
        return self.compressed(np.asarray(Z) / self._unit)

    def restored(self, Z):
        """Z_1 for `given`, from a Z_1 in the coordinates of X."""
        return Z * self._unit

    def completed(self, Z, F):
        """`given` with any gaps filled from Z F; arrays."""
        return self.given

    def filled_at_scale(self, numbers, Z, F):
        """Some columns of `completed`, at the scale of the fit."""
        return self.given[:, numbers] / self._unit

    def final_error(self, Z, F):
        """‖X - Z F‖ over the known entries of the unscaled samples, exactly.

        Parameters
        ----------
        Z : ndarray, shape (p, k)
            Z_1 for `given`.
        F : ndarray, shape (k, n)
            Layer 1's features.

        Returns
        -------
        float
        """
        Z = Z.astype(np.float64) / self.scale
        return self.scale * float(np.sqrt(self._squared_residual(Z, F)))

    def _squared_residual(self, Z, F):
        blocks = column_blocks(len(Z), F.shape[1])
        total = np.sum if self.is_complete else np.nansum
        error = 0.0
        for block in blocks:
            X, columns = self.wide(block), F[:, block].astype(np.float64)
            # In X's memory order: twice as fast as a difference of two orders.
            X -= Z @ columns if X.flags.c_contiguous else (columns.T @ Z.T).T
            error += total(np.square(X, out=X))
        return error

    def wide(self, which):
        """Some columns of `given` at the scale of the fit, as a float64 array."""
        return self.given[:, which].astype(np.float64) / self.scale

    def features(self, feature_map):
        """Apply a feature map to the samples at the scale of the fit, in blocks.

        Parameters
        ----------
        feature_map : object
            `map_full(X, norms)` takes samples (p x n) without gaps, `map_gappy(X, norms)` with.

        Returns
        -------
        ndarray, shape (k, n)
        """
        H = None
        for block in column_blocks(*self.given.shape):
            part = self._block_features(block, feature_map)
            if H is None:
                H = np.empty((len(part), len(self.norms)), part.dtype)
            H[:, block] = part
        return H

    def _block_features(self, block, feature_map):
        return feature_map.map_full(self.given[:, block] / self._unit, self.norms[block])

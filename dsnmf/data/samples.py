"""What every kind of data matrix has: its scale, its errors, the way to Z_1 and back."""

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
    """Of norms that may be very large or small; 1 if all are 0."""
    largest = norms.max()
    return float(largest * np.sqrt(np.mean((norms / largest) ** 2))) if largest > 0 else 1.0


def column_blocks(rows, columns):
    """Slices of the columns of a matrix, of about `BLOCK` entries each."""
    width = max(1, BLOCK // rows)
    return [slice(start, start + width) for start in range(0, columns, width)]


class DataVariables:
    """What programs see of samples of one kind: shared variables for any size, or a block's rows.

    A kind of data is one subclass; this one has what they share, for an array without gaps.

    Parameters
    ----------
    dtype : {"float32", "float64"}
    in_rows : bool
        Whether the samples are an input of compiled functions, a block's rows (b x p).

    Attributes
    ----------
    X : variable, shape (p, n), or (r, n) where compressed
    rows : variable, shape (b, p)
        Of a block alone: Xᵀ, the input.
    variables : list of variables
        Shared ones for `Samples.values`; or the input.
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
        """X with its gaps, if it has any, filled from the reconstruction."""
        return self.X

    def squared_error(self, Zs, H, nonlinearity):
        """Σ (X - X̂)² over the known entries."""
        return self._squared_error(Zs[0], layer_features(Zs, H, 1, nonlinearity))

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """`squared_error` and its derivatives by params: some of Zs and what H is made of."""
        error = self.squared_error(Zs, H, nonlinearity)
        return error, pytensor.grad(error, params)


class Samples:
    """n samples of p features, and all that starts, rules, costs and feature maps ask of them.

    Everything is fitted at one scale, at which the root mean square of the samples' norms is 1, so
    that results do not depend on the unit of the data. A kind of data is one subclass: the code
    around it never asks which. This one has what they share, for an array without gaps.

    Parameters
    ----------
    given : ndarray or SciPy sparse matrix, shape (p, n), float32 or float64
        The samples as they came; not copied here.
    scale : float > 0, optional
        What divides them; by default the root mean square of their norms.

    Attributes
    ----------
    given, scale
    norms : ndarray, shape (n,), float64
        l2 norms of the samples at that scale; of one with gaps what it would be if they were like
        the rest of it.
    start : ndarray or SciPy sparse matrix, shape of X
        What initialisers see.
    variables : type
        The `DataVariables` of this kind, in which rules see X, compressed or not.
    samples : ndarray or SciPy sparse matrix, shape (p, n)
        At the scale of the fit, not compressed, without gaps.
    unshifted : ndarray or SciPy sparse matrix, shape (p, n)
        `samples` with the vector `shift`, if there is one, added to each: for what depends on
        their differences alone.
    shift : ndarray, shape (p,), or None
    offset : float >= 0
        What the squared error of X lacks to that of `samples`.
    is_complete : bool
        Whether X has no gaps, so that rules see the same in every iteration.
    only_known : bool
        Whether rules see nothing but the known entries.
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
        """Have `take_eigen` know, where the start would decompose the same Gram matrix itself."""

    def take_eigen(self):
        """What `gram_eigen` gives of `start` if that is known, or None; let go of."""
        eigen, self._eigen = self._eigen, None
        if eigen is not None:
            self._spectrum = eigen[0]
        return eigen

    def least_error(self, rank):
        """The squared error of the best approximation of this rank; 0 where it is not known."""
        return 0.0 if self._spectrum is None else self.offset + least_error(self._spectrum, rank)

    def values(self):
        """What `variables` are to hold, C-contiguous or sparse: X first."""
        return [np.ascontiguousarray(self.start)]

    @property
    def samples(self):
        return self.start

    @property
    def unshifted(self):
        return self.samples

    @property
    def step_shape(self):
        """Samples that a step works on at once, and how many known features each has."""
        n = len(self.norms)
        return n, self.start.size / n

    @property
    def dense(self):
        """`samples` as an array; ValueError if that is too large to make."""
        return self.samples

    def check_known(self, features=True, first=0):
        """ValueError if a sample, or a feature (unless they do not matter), has no known entry.

        Samples are counted from `first`.
        """

    def check_use(self, mode, init):
        """ValueError if this kind cannot be compiled so, or has no such start."""

    def compressed(self, Z):
        """Z_1 in the coordinates of X, from one for `samples`."""
        return Z

    def reduced(self, Z):
        """The same from one for `given`."""
        return self.compressed(np.asarray(Z) / self._unit)

    def restored(self, Z):
        """Z_1 for `given`, from one in the coordinates of X."""
        return Z * self._unit

    def completed(self, Z, F):
        """`given` with its gaps, if it has any, filled from Z F; arrays."""
        return self.given

    def of_fit(self, numbers, Z, F):
        """Some of the samples at the scale of the fit, gaps filled from Z F (as `completed`)."""
        return self.given[:, numbers] / self._unit

    def final_error(self, Z, F):
        """‖X - Z F‖ of the samples as they came over their known entries, exactly.

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
            # In X's order: twice as fast as a difference of rows and columns.
            X -= Z @ columns if X.flags.c_contiguous else (columns.T @ Z.T).T
            error += total(np.square(X, out=X))
        return error

    def wide(self, which):
        """Some of the samples at the scale of the fit, as a float64 array."""
        return self.given[:, which].astype(np.float64) / self.scale

    def features(self, feature_map):
        """What a feature map makes of the samples, at the scale of the fit, block after block.

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

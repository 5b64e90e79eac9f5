"""Arrays without gaps, compressed or not."""

import numpy as np

from dsnmf.data.samples import DataVariables, Samples
from dsnmf.initialisation.triplets import gram_eigen
from dsnmf.symbolic.residual import squared_error, squared_error_and_gradients


class DenseVariables(DataVariables):
    """Variables of an array without gaps."""

    def _squared_error(self, Z, F):
        return squared_error(self.X, Z, F)

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """See `DataVariables`; all from one residual."""
        return squared_error_and_gradients(self.X, Zs, H, nonlinearity, params)


class Dense(Samples):
    """An array without gaps."""

    variables = DenseVariables

    def set_eigen(self, eigen):
        """Keep `gram_eigen(given)` for the start."""
        values, vectors = eigen
        self._eigen = values / self.scale**2, vectors

    def find_eigen(self):
        if self._eigen is None:
            self._eigen = gram_eigen(self.start)


class Compressed(Dense):
    """An array without gaps in fewer coordinates, see `dsnmf.data.compression`.

    Parameters
    ----------
    whole : Dense
    small : ndarray, shape (r, n)
        The samples in r coordinates, at the scale of the fit.
    compression : Compression
    """

    def __init__(self, whole, small, compression):
        self.given, self.scale, self.norms = whole.given, whole.scale, whole.norms
        self.start, self._compression = small, compression
        self.offset = compression.offset
        energies = np.square(small.astype(np.float64, copy=False)).sum(axis=1)
        order = np.argsort(energies)  # the coordinates are uncorrelated
        self._eigen = energies[order], np.eye(len(small))[:, order]

    @property
    def scaled(self):
        return self.given / self._unit

    def compressed(self, Z):
        return self._compression.reduced(Z)

    def restored(self, Z):
        return super().restored(self._compression.restored(Z))

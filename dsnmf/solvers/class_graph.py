"""Graphs of classes for samples in blocks: H W and H D from sums of H over each class."""

import numpy as np

from dsnmf.symbolic.laplacian import AffinityTerms


class GivenTerms(AffinityTerms):
    """Given H W and row sums of W, in rows: variables of shapes (b, k) and (b, 1).

    Parts of W may be negative, and rounding leaves -1e-17 where a sample is alone in its class.
    """

    may_be_negative = True

    def __init__(self, HW, degrees):
        self._HW, self._degrees = HW, degrees

    def terms(self, H):
        return self._HW, H * self._degrees


class ClassGraph:
    """Computes H W and the row sums of W from the sums of H over each class.

    Parameters
    ----------
    affinity : LabelAffinity
        W = C diag(weights) Cᵀ without its diagonal.
    blocks : Blocks
        They store C.

    Attributes
    ----------
    indicators : array, shape (n, c)
        C.
    weights : ndarray, shape (c,)
    weighted : ndarray, shape (c, k)
        The sums, times the classes' weights.
    """

    def __init__(self, affinity, blocks):
        C = affinity.indicators.tocsr()
        sizes = np.asarray(C.sum(axis=0)).ravel()
        self.weights, self.indicators = affinity.weights, blocks.distribute(C)
        self._by_class = np.column_stack([self.weights, self.weights * (sizes - 1)])

    def take(self, sums):
        """Set the sums of H over each class."""
        self.weighted = self.weights[:, None] * sums

    @property
    def given(self):
        """The small arrays for `block_terms`."""
        return self._by_class, self.weighted


def block_terms(features, C, by_class, weighted):
    """(H W)ᵀ and the row sums of W, shapes (b, k) and (b, 1), of a block with indicators C."""
    own, degrees = (C @ by_class).T
    return C @ weighted - features * own[:, None], degrees[:, None]


def class_sums(features, C):
    """A block's sums of H over each class."""
    return C.T @ features.astype(np.float64, copy=False)


def class_sum_terms(features, C):
    """`class_sums` as terms of a pass without new rows."""
    return [], [class_sums(features, C)]

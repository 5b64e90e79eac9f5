"""Affinities of samples, from labels or from nearest neighbours. X is features x samples.

An affinity W is n x n and symmetric; from labels and neighbours it is >= 0 with a zero diagonal,
`combine` may subtract a constant. It is a SciPy CSR matrix, or, from labels and from sums, a
`LabelAffinity`, which keeps classes, edges and constant apart and never forms the n x n matrix.
"""

from dsnmf.affinity.algebra import combine, degrees, laplacian
from dsnmf.affinity.labels import LabelAffinity, label_affinity
from dsnmf.affinity.neighbours import knn_affinity

__all__ = ["LabelAffinity", "combine", "degrees", "knn_affinity", "label_affinity", "laplacian"]

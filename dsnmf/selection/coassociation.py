"""The consensus matrix of several clusterings, and the clusters on which they agree."""

import numpy as np
from scipy.cluster.hierarchy import average, cophenet, fcluster, leaves_list
from scipy.spatial.distance import squareform


def coassociation(clusters):
    """The share of several clusterings with two samples in the same cluster, for each pair.

    Parameters
    ----------
    clusters : ndarray of int, shape (n_clusterings, n)

    Returns
    -------
    ndarray, shape (n, n)

    References
    ----------
    The consensus matrix of Monti et al., "Consensus clustering", Machine Learning 2003, and of
    Brunet et al., "Metagenes and molecular pattern discovery using matrix factorization", PNAS
    2004.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.coassociation import coassociation
    >>> coassociation(np.array([[0, 0, 1], [1, 0, 0]]))
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 1. ]])
    """
    together = np.zeros((clusters.shape[1],) * 2)
    for each in clusters:
        together += np.equal.outer(each, each)
    return together / len(clusters)


def dispersion(matrix):
    """Mean of 4 (c - 1/2)² over a consensus matrix: 1 where each entry is 0 or 1.

    References
    ----------
    Kim & Park, "Sparse non-negative matrix factorizations via alternating non-negativity-
    constrained least squares for microarray data analysis", Bioinformatics 2007.
    """
    return float(np.mean(np.square(2 * matrix - 1)))


class Tree:
    """Average linkage of samples by 1 - the consensus matrix, after Brunet et al. 2004.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        n >= 2.

    Attributes
    ----------
    cophenetic : float
        Correlation of the tree's heights and the distances; 1 if all distances are equal.
    """

    def __init__(self, matrix):
        distances = squareform(1 - matrix, checks=False)
        self._links = average(distances)
        varies = distances.min() < distances.max()
        self.cophenetic = float(cophenet(self._links, distances)[0]) if varies else 1.0

    def clusters(self, n_clusters):
        """At most n_clusters clusters, from 0, the largest first; ndarray of int, shape (n,)."""
        found = fcluster(self._links, n_clusters, "maxclust") - 1
        order = np.argsort(-np.bincount(found), kind="stable")
        return np.argsort(order)[found]

    def order(self, clusters):
        """The samples' order: by cluster, then by the tree."""
        leaves = leaves_list(self._links)
        return leaves[np.argsort(clusters[leaves], kind="stable")]


def within(matrix, clusters):
    """Mean entry of the matrix over pairs of samples in each cluster; 1 for a single sample.

    This is the cluster consensus of Monti et al. 2003.
    """
    found = []
    for c in range(clusters.max() + 1):
        count = np.count_nonzero(clusters == c)
        total = matrix[np.ix_(clusters == c, clusters == c)].sum()
        found.append((total - count) / (count * (count - 1)) if count > 1 else 1.0)
    return np.array(found)


def nearest(clusterings, picked, clusters):
    """For each sample, the cluster of picked samples with which it is most often together.

    Parameters
    ----------
    clusterings : ndarray of int, shape (n_clusterings, n)
    picked : ndarray of int, shape (m,)
        Indices of some samples.
    clusters : ndarray of int, shape (m,)
        Clusters of these samples.

    Returns
    -------
    ndarray of int, shape (n,)
        The picked samples keep their clusters.
    """
    members, together = np.eye(clusters.max() + 1)[clusters], 0.0
    for each in clusterings:
        counts = np.zeros((each.max() + 1, members.shape[1]))
        np.add.at(counts, each[picked], members)
        together = together + counts[each]
    found = np.argmax(together / members.sum(axis=0), axis=1)
    found[picked] = clusters
    return found

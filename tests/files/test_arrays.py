"""NumPy's files, and the sparse matrices of SciPy's."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf.files.matrices import read_labels, read_matrix

X = scipy.sparse.random(6, 4, density=0.4, random_state=0)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("container", [scipy.sparse.coo_matrix, scipy.sparse.coo_array])
def test_sparse_matrices_of_scipy(kind, container):
    scipy.sparse.save_npz("made.npz", container(X).asformat(kind))
    read = read_matrix("made.npz")
    assert (read.format, read.dtype) == ("csr", np.float64)
    np.testing.assert_array_equal(read.toarray(), X.toarray())


def test_indices_beyond_the_shape_are_refused():
    matrix = X.tocsr()
    parts = {"data": matrix.data, "indices": matrix.indices + 9, "indptr": matrix.indptr}
    np.savez("made.npz", format="csr", shape=matrix.shape, **parts)
    with pytest.raises(ValueError, match=r"made\.npz is no intact sparse matrix: .* < 4"):
        read_matrix("made.npz")


def test_names_as_labels_must_be_named():
    names = np.array(["ana", "ben", "ana"])
    np.savez("made.npz", y=names)
    np.save("made.npy", names)
    for source in ("made.npz:y", "made.npy"):
        assert read_labels(source).tolist() == names.tolist()
    with pytest.raises(ValueError, match=r"holds text of shape \(3,\).* name it as in made.npz:y"):
        read_labels("made.npz")

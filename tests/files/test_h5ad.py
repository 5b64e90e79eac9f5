"""Files of anndata, in the layout that it writes."""

import h5py
import numpy as np
import pytest
import scipy.sparse

from dsnmf.files.matrices import read_labels, read_matrix, read_named_matrix

X = np.random.default_rng(0).poisson(1, (4, 3)).astype(np.float32)
GENES = ["g1", "g2", "g3"]


def put(group, name, matrix):
    """A dense or sparse matrix."""
    if not scipy.sparse.issparse(matrix):
        group[name] = matrix
        return
    node = group.create_group(name)
    node.attrs["encoding-type"], node.attrs["shape"] = f"{matrix.format}_matrix", matrix.shape
    for part in ("data", "indices", "indptr"):
        node[part] = getattr(matrix, part)


@pytest.fixture
def file():
    """A file without X, open for more."""
    with h5py.File("made.h5ad", "w") as file:
        for axis, index, columns in (("obs", list("stuv"), ["who", "n"]), ("var", GENES, [])):
            frame = file.create_group(axis)
            frame.attrs["_index"], frame.attrs["column-order"] = "_index", columns
            frame["_index"] = index
        file["obs/who/codes"], file["obs/who/categories"] = [1, -1, 0, 1], ["ana", "ben"]
        file["obs/n"] = [5, 6, 5, 6]
        yield file


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csc_matrix])
def test_matrices_and_names_of_their_features(file, form):
    put(file, "X", form(X))
    put(file, "layers/counts", form(2 * X))
    put(file, "obsm/X_pca", X[:, :2])
    file.close()
    for name, expected in {"": X, ":counts": 2 * X, ":layers/counts": 2 * X}.items():
        values, names = read_named_matrix("made.h5ad" + name)
        is_sparse = scipy.sparse.issparse(values)
        assert is_sparse == (form is not np.asarray)
        assert getattr(values, "format", "csr") == "csr"
        np.testing.assert_array_equal(values.toarray() if is_sparse else values, expected)
        assert (values.dtype, names.tolist()) == (np.float32, GENES)
    values, names = read_named_matrix("made.h5ad:X_pca")
    assert (values.shape, names) == ((4, 2), None)
    with pytest.raises(ValueError, match="holds no Y; it holds X, layers/counts, obsm/X_pca"):
        read_matrix("made.h5ad:Y")


def test_labels_are_columns_of_obs(file):
    file["obs/early"], file["early"] = [0, 0, 1, -1], ["x", "y"]
    file["obs/early"].attrs["categories"] = file["early"].ref
    file["obs/gaps/values"], file["obs/gaps/mask"] = [1, 2, 3, 4], [False, True, False, False]
    file["obs"].attrs["column-order"] = ["who", "n", "early", "gaps"]
    file.close()
    for name, labels in {
        "who": ["ben", None, "ana", "ben"],
        "n": [5, 6, 5, 6],
        "obs/n": [5, 6, 5, 6],
        "early": ["x", "x", "y", None],
        "gaps": [1, -1, 3, 4],
    }.items():
        assert read_labels(f"made.h5ad:{name}").tolist() == labels
    with pytest.raises(ValueError, match=r"several variables that may be labels.* n \(4,\), who"):
        read_labels("made.h5ad")


@pytest.mark.parametrize("content", [b"", b"text" * 500, b"\x89HDF\r\n\x1a\n" + bytes(2000)])
def test_damage(content):
    with open("made.h5ad", "wb") as file:
        file.write(content)
    with pytest.raises(ValueError, match=r"made\.h5ad is no intact \.h5ad file"):
        read_matrix("made.h5ad")


def test_how_to_go_on_with_a_file_of_before_0_7():
    with h5py.File("made.h5ad", "w") as file:
        file["X"] = X
        for axis, n in (("obs", 4), ("var", 3)):
            file[axis] = np.zeros(n, dtype=[("index", "S2"), ("n", int)])
    with pytest.raises(ValueError, match=r"before 0\.7; .*read_h5ad\('made.h5ad'\).write_h5ad"):
        read_matrix("made.h5ad")


def test_a_file_without_x_and_none_at_all(file):
    file.close()
    with pytest.raises(ValueError, match="holds no X"):
        read_matrix("made.h5ad")
    with pytest.raises(FileNotFoundError):
        read_matrix("absent.h5ad")

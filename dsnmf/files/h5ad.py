"""The .h5ad files of anndata >= 0.7: rows are samples, columns have names."""

import contextlib
from pathlib import Path

import numpy as np
import scipy.sparse

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as
from dsnmf.files.frames import split_names
from dsnmf.files.variables import pick_labels

_FORMATS = {"csr": scipy.sparse.csr_array, "csc": scipy.sparse.csc_array}


@contextlib.contextmanager
def _open(path):
    h5py = extra("h5py", "reading .h5ad files", "files")
    open(path, "rb").close()  # raises if the path is wrong
    with damage_as(path, f"is no intact {Path(path).suffix} file"), h5py.File(path) as file:
        # Before 0.7 data frames were one array each.
        is_old = any(hasattr(file.get(frame), "dtype") for frame in ("obs", "var"))
        if not is_old:
            yield file
    if is_old:
        raise ValueError(
            f"{path} was written by anndata before 0.7; a later one makes a new file of it: "
            f"anndata.read_h5ad({str(path)!r}).write_h5ad('new.h5ad')"
        )


def check(path):
    """Raise ValueError, with advice, if it is no intact file of anndata 0.7 or later."""
    with _open(path):
        pass


def _matrix(node):
    """Read a dense or sparse matrix."""
    if hasattr(node, "dtype"):
        return node[()]
    kind = node.attrs.get("encoding-type", node.attrs.get("h5sparse_format", ""))
    shape = node.attrs.get("shape", node.attrs.get("h5sparse_shape"))
    parts = tuple(node[part][()] for part in ("data", "indices", "indptr"))
    return _FORMATS[kind[:3]](parts, shape=tuple(map(int, shape)))


def _column(node):
    """Read a column of a data frame; if values may be missing, an array of objects with None."""
    if "categories" in node.attrs:  # before 0.8
        codes, categories = node[()], _column(node.file[node.attrs["categories"]])
    elif hasattr(node, "dtype"):
        return node.asstr()[()] if node.dtype.kind in "OS" else node[()]
    elif "categories" in node:
        codes, categories = node["codes"][()], _column(node["categories"])
    else:
        values = _column(node["values"]).astype(object)
        values[node["mask"][()]] = None
        return values
    return np.append(categories.astype(object), [None])[codes]  # the code of a missing value is -1


def modalities(path):
    """Names of the modalities of a .h5mu file, each with the content of an .h5ad file."""
    with _open(path) as file:
        group = file.get("mod", {})
        order = group.attrs["mod-order"] if len(group) and "mod-order" in group.attrs else group
        return [*map(str, order)]


def _places(file):
    """Places of matrices of samples in the file."""
    inner = (f"{group}/{name}" for group in ("layers", "obsm") for name in file.get(group, ()))
    places = [place for place in ("X", "raw/X", *inner) if place in file]
    return [place for place in places if hasattr(file[place], "dtype") or "indptr" in file[place]]


def _feature_names(file, place):
    """Names of a matrix's columns, or None."""
    if place.startswith("obsm/"):
        return None
    variables = file["raw/var" if place == "raw/X" else "var"]
    return _column(variables[variables.attrs["_index"]]).tolist()


def read_matrix(path, name=None, known=None, inside="/"):
    """Read X or another matrix, and the names of its features.

    `name` is X, raw/X, or one of layers or obsm, e.g. counts or layers/counts; `inside` is their
    place in the file.
    """
    name = name or "X"
    with _open(path) as whole:
        file = whole[inside]
        places = _places(file)
        for place in [name, f"layers/{name}", f"obsm/{name}"]:
            if place in places:
                return _matrix(file[place]), _feature_names(file, place)
    raise ValueError(f"{path} holds no {name}; it holds {', '.join(places)}")


def columns(path, names=None, inside="/"):
    """Read columns of obs: all, or the named ones."""
    with _open(path) as file:
        obs = file[inside]["obs"]
        return {
            name: _column(obs[name])
            for name in obs.attrs["column-order"]
            if names is None or name in names
        }


def read_sample_names(path, name=None, known=None, inside="/"):
    """Read the names of the observations."""
    with _open(path) as file:
        obs = file[inside]["obs"]
        return [*map(str, _column(obs[obs.attrs["_index"]]).tolist())]


def read_labels(path, name=None, n_samples=None, columns=columns):
    """Read a column of obs, or several, with commas between their names."""
    name = name and name.removeprefix("obs/")
    names = split_names(name, columns(path)) if name else [None]
    found = [pick_labels(path, columns, each) for each in names]
    return found[0] if len(found) == 1 else np.array(found, dtype=object).T

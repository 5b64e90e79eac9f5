"""One of the variables of a file that holds several."""

import scipy.sparse

from dsnmf.files.damage import damage_as

#: Names that samples and their labels have in the files that face researchers pass around.
SAMPLES, LABELS = "fea", "gnd"

#: What stands in variables of other kinds (see `numpy.dtype.kind`) than numbers.
_KINDS = {"U": "text", "S": "text", "O": "cells", "V": "structures or objects"}


def _is_matrix(value):
    return value.dtype.kind in "fiub" and value.ndim == 2


def _may_be_labels(value):
    is_named = value.dtype.kind in "USO" and value.size > 1
    return (is_named or value.dtype.kind in "fiub") and value.ndim in (1, 2)


def content(value):
    """What an array or sparse matrix holds, e.g. "float64 of shape (3, 2)"."""
    return f"{_KINDS.get(value.dtype.kind, value.dtype)} of shape {value.shape}"


def as_csr(source, matrix):
    """A sparse matrix from a file as CSR; its indices are checked, which compiled code trusts."""
    with damage_as(f"{source} is no intact sparse matrix"):
        if hasattr(matrix, "check_format"):
            matrix.check_format(full_check=True)
        return scipy.sparse.csr_matrix(matrix)


def _listed(variables):
    def line(name):
        value = variables[name]
        return f"{name} {value.shape if value.dtype.kind in 'fiub' else f'({content(value)})'}"

    return ", ".join(map(line, sorted(variables))) or "nothing"


def _pick(path, read, name, usual, is_meant, what):
    """Name and value of the named variable, the usual one, or the only one that may be meant."""
    wanted = name or usual
    if wanted in (variables := read(path, {wanted})):
        return wanted, variables[wanted]
    variables = read(path)
    if name:
        raise ValueError(f"{path} holds no {name}; it holds {', '.join(sorted(variables))}")
    found = {key: value for key, value in variables.items() if is_meant(value)}
    if not found:
        raise ValueError(f"{path} holds no {what[0]}; it holds {_listed(variables)}")
    if len(found) > 1:
        raise ValueError(
            f"{path} holds several {what[1]}, name one as in {path}:{min(found)}: {_listed(found)}"
        )
    return found.popitem()


def pick_matrix(path, read, name):
    """The variable that holds the samples.

    Parameters
    ----------
    path : str or path-like
    read : callable
        `read(path, names)` gives {name: ndarray or SciPy sparse matrix} for those of the names
        that the file has, `read(path)` for all its variables.
    name : str or None
        None: `fea` is meant, or else the only matrix.

    Returns
    -------
    ndarray or SciPy sparse matrix

    Raises
    ------
    ValueError
        If there is none, or several; the message says what there is.
    """
    what = ("matrix of numbers", "matrices")
    return _pick(path, read, name, SAMPLES, _is_matrix, what)[1]


def pick_labels(path, read, name):
    """The variable that holds the labels: `gnd`, or the only one that may; see `pick_matrix`.

    Text must be named: without a name it may be anything, such as a description.
    """
    what = ("labels", "variables that may be labels")
    found, labels = _pick(path, read, name, LABELS, _may_be_labels, what)
    if not name and labels.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}: {found} holds {content(labels)}, no numbers; if it is the labels, "
            f"name it as in {path}:{found}"
        )
    return labels

"""Selection of one of several variables in a file."""

import scipy.sparse

from dsnmf.files.damage import damage_as

#: Names of samples and labels in the files of Deng Cai, and in those of scikit-feature.
PAIRS = (("fea", "gnd"), ("X", "Y"))

#: Name of samples in files that we write.
SAMPLES = PAIRS[0][0]

#: Contents of variables of other kinds (see `numpy.dtype.kind`) than numbers.
_KINDS = {"U": "text", "S": "text", "O": "cells", "V": "structures or objects"}


def _is_matrix(value):
    return value.dtype.kind in "fiub" and value.ndim == 2 and 0 not in value.shape


def _may_be_labels(value):
    is_named = value.dtype.kind in "USO" and value.size > 1
    is_filled = value.ndim in (1, 2) and 0 not in value.shape
    return (is_named or value.dtype.kind in "fiub") and is_filled


def content(value):
    """The content of an array or sparse matrix, e.g. "float64 of shape (3, 2)"."""
    return f"{_KINDS.get(value.dtype.kind, value.dtype)} of shape {value.shape}"


def as_csr(source, matrix):
    """Convert a file's sparse matrix to CSR; check its indices, because compiled code does not."""
    with damage_as(source, "is no intact sparse matrix"):
        if hasattr(matrix, "check_format"):
            matrix.check_format(full_check=True)
        return scipy.sparse.csr_matrix(matrix)


def _list_variables(variables):
    def line(name):
        value = variables[name]
        return f"{name} {value.shape if value.dtype.kind in 'fiub' else f'({content(value)})'}"

    return ", ".join(map(line, sorted(variables))) or "nothing"


def _usual(path, read, role, pairs):
    """(name, value) of a variable with a usual name of samples (role 0) or labels (1), if any.

    `fea` and `gnd` may occur alone; other names have this meaning in pairs only.
    """
    for pair in pairs:
        needed = {pair[role]} if pair == PAIRS[0] else {*pair}
        found = read(path, needed)
        if needed <= found.keys():
            return pair[role], found[pair[role]]
    return None


def _example(found, role):
    """The name for a proposal: a usual one within a structure, or else the first; no scalar."""
    usual = [pair[role] for pair in PAIRS]
    return min(found, key=lambda key: (key.split(".")[-1] not in usual, found[key].size < 2, key))


def _pick(path, read, name, pairs, role, is_meant, what):
    """Name and value of the named variable, the usual one, or the only possible one."""
    if name is None and (usual := _usual(path, read, role, pairs)):
        return usual
    if name and name in (variables := read(path, {name})):
        return name, variables[name]
    variables = read(path)
    if name:
        raise ValueError(f"{path} holds no {name}; it holds {', '.join(sorted(variables))}")
    found = {key: value for key, value in variables.items() if is_meant(value)}
    if not found:
        raise ValueError(f"{path} holds no {what[0]}; it holds {_list_variables(variables)}")
    if len(found) > 1:
        raise ValueError(
            f"{path} holds several {what[1]}, name one as in {path}:{_example(found, role)}: "
            f"{_list_variables(found)}"
        )
    return found.popitem()


def pick_matrix(path, read, name, pairs=PAIRS[:1]):
    """The variable with the samples.

    Parameters
    ----------
    path : str or path-like
    read : callable
        `read(path, names)` returns {name: ndarray or SciPy sparse matrix} for the names that the
        file has, `read(path)` for all its variables.
    name : str or None
        None: the variable with a name of samples in `pairs`, or else the only matrix.
    pairs : sequence of (str, str)
        Possible names of samples and labels, from `PAIRS`.

    Returns
    -------
    ndarray or SciPy sparse matrix

    Raises
    ------
    ValueError
        If there is none, or several; the message lists the variables.
    """
    what = ("matrix of numbers", "matrices")
    return _pick(path, read, name, pairs, 0, _is_matrix, what)[1]


def _is_cube(value):
    return value.dtype.kind in "fiub" and value.ndim == 3 and 0 not in value.shape


def pick_array(path, read, name):
    """The variable with this name, or else the only array of three dimensions."""
    what = ("array of three dimensions", "arrays of three dimensions")
    return _pick(path, read, name, (), 0, _is_cube, what)[1]


def pick_labels(path, read, name, pairs=PAIRS[:1]):
    """The variable with the labels: with a name in `pairs`, or the only possible one.

    See `pick_matrix`. A variable of text must be named: it could be anything, such as a
    description.
    """
    what = ("labels", "variables that may be labels")
    found, labels = _pick(path, read, name, pairs, 1, _may_be_labels, what)
    if not name and labels.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}: {found} holds {content(labels)}, no numbers; if it is the labels, "
            f"name it as in {path}:{found}"
        )
    return labels

"""The structure of MATLAB files of versions 5 to 7, checked before SciPy follows it.

`scipy.io.loadmat` trusts the types and sizes in a file. A damaged file may crash or block the
process, with SciPy 1.17 too. (Compressed variables have checksums, which it verifies.) The format:
MathWorks, "MAT-File Format".
"""

import math
import mmap
import struct

import numpy as np

#: Types of elements: plain numbers and text, a matrix of elements, and a compressed matrix.
_PLAIN, _MATRIX, _COMPRESSED = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18}, 14, 15

#: Classes of matrices; above the last one are functions and objects, which are not read.
_CELLS, _STRUCTURE, _OBJECT, _SPARSE, _LAST = 1, 2, 3, 5, 15
_IS_COMPLEX = 0x800


def _elements(data, order, start, end):
    """(type, begin, end) of the elements between two positions."""
    while start < end:
        kind, size = struct.unpack_from(order + "II", data, start)
        begin = start + 8
        if kind >> 16:  # a small one, with its content in its tag
            kind, size, begin = kind & 0xFFFF, kind >> 16, start + 4
            start += 8
        else:
            start = begin + size + (0 if kind == _COMPRESSED else -size % 8)
        if kind not in _PLAIN | {_MATRIX, _COMPRESSED} or begin + size > end:
            raise ValueError(f"there is no whole element at byte {begin}")
        yield kind, begin, begin + size


def _integers(data, order, part):
    """The int32 in an element."""
    _, begin, end = part
    return np.frombuffer(data[begin:end], order + "i4")


def _check_parts(data, order, kind, is_complex, parts):
    """Check that a matrix has the number of elements of its class and its shape."""
    shape = _integers(data, order, parts[1])
    if len(shape) < 2 or (shape < 0).any():
        raise ValueError("a matrix has no shape")
    n_plain, n_inner = (6 if kind == _SPARSE else 4) + is_complex, 0
    if kind == _CELLS:
        n_plain, n_inner = 3, math.prod(shape.tolist())
    elif kind in (_STRUCTURE, _OBJECT):
        n_plain = 5 if kind == _STRUCTURE else 6
        *_, length, names = parts[:n_plain]
        n_fields = (names[2] - names[1]) // max(1, *_integers(data, order, length))
        n_inner = n_fields * math.prod(shape.tolist())
    kinds = [part[0] for part in parts]
    is_right = set(kinds[:n_plain]) <= _PLAIN and set(kinds[n_plain:]) <= {_MATRIX}
    if len(kinds) != n_plain + n_inner or not is_right:
        raise ValueError("a matrix has other elements than its class asks for")


def _check_matrix(data, order, start, end):
    parts = list(_elements(data, order, start, end))
    if not parts:  # of an empty cell
        return
    flags, *_ = _integers(data, order, parts[0]).tolist()
    kind = flags & 0xFF
    if kind <= _LAST:
        _check_parts(data, order, kind, bool(flags & _IS_COMPLEX), parts)
    for part, begin, stop in parts:
        if part == _MATRIX:
            _check_matrix(data, order, begin, stop)


def check_elements(file, order):
    """Raise ValueError unless the file's elements are complete and fit into each other.

    Parameters
    ----------
    file : binary file
    order : {"<", ">"}
        Byte order.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for kind, begin, end in _elements(data, order, 128, len(data)):
            if kind == _MATRIX:
                _check_matrix(data, order, begin, end)

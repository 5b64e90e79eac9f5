"""The structure of MATLAB files of versions 5 to 7, checked before SciPy follows it.

`scipy.io.loadmat` trusts the types, sizes and indices in a file, and a damaged one may end the
process. (Compressed variables have checksums, which it verifies.)
"""

import mmap
import struct

import numpy as np

#: Types of elements: plain numbers and text, a matrix made of elements, and a compressed matrix.
_PLAIN, _MATRIX, _COMPRESSED = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18}, 14, 15

#: Classes of matrices: sparse, and the first and last of those made of plain elements alone.
_SPARSE, _TEXT, _LAST = 5, 4, 15
_IS_COMPLEX = 0x800


def _elements(data, order, start, end):
    """(type, begin, end) of the elements between two positions."""
    while start < end:
        kind, size = struct.unpack_from(order + "II", data, start)
        begin = start + 8
        if kind >> 16:  # a small one, whose content stands in its tag
            kind, size, begin = kind & 0xFFFF, kind >> 16, start + 4
            start += 8
        else:
            start = begin + size + (0 if kind == _COMPRESSED else -size % 8)
        if kind not in _PLAIN | {_MATRIX, _COMPRESSED} or begin + size > end:
            raise ValueError(f"there is no whole element at byte {begin}")
        yield kind, begin, begin + size


def _check_sparse(data, order, parts):
    shape, rows, columns = (
        np.frombuffer(data[begin:end], order + "i4") for _, begin, end in (parts[1], *parts[3:5])
    )
    if (
        len(columns) != shape[1] + 1
        or columns[0] != 0
        or (np.diff(columns) < 0).any()
        or columns[-1] > len(rows)
        or ((rows < 0) | (rows >= shape[0])).any()
    ):
        raise ValueError("a sparse matrix has indices outside its shape")


def _check_matrix(data, order, start, end):
    parts = list(_elements(data, order, start, end))
    if not parts:  # of an empty cell
        return
    (flags,) = struct.unpack_from(order + "I", data, parts[0][1])
    kind = flags & 0xFF
    if _TEXT <= kind <= _LAST:
        expected = (6 if kind == _SPARSE else 4) + bool(flags & _IS_COMPLEX)
        if len(parts) != expected or not {part[0] for part in parts} <= _PLAIN:
            raise ValueError(f"a matrix at byte {start} does not have {expected} parts")
    if kind == _SPARSE:
        _check_sparse(data, order, parts)
    for part, begin, stop in parts:
        if part == _MATRIX:
            _check_matrix(data, order, begin, stop)


def check_elements(file, order):
    """ValueError unless the file's elements are whole and fit into each other.

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

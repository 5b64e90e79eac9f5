#!/usr/bin/env bash
# The memory that a product of a float32 and a float64 matrix takes in NumPy.
#
# Expectation: about the result's: the casts of np.multiply and its like go through a small buffer, and matmul is
#   such a ufunc too; that is how a large float32 matrix is multiplied entry by entry at no cost.
# Behaviour: matmul casts the whole float32 matrix first. A product that gives three columns takes twice the
#   matrix's own bytes beside it.
# Versions: numpy 2.4.0, Python 3.11.
# Output seen:
#   the matrix: 16.0 MB
#   times a float64 vector, entry by entry: .1 MB
#   matrix product with 3 float32 columns: .0 MB
#   matrix product with 3 float64 columns: 32.0 MB
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import tracemalloc

import numpy as np

A, out = np.ones((2000, 2000), np.float32), np.empty((2000, 2000))


def peak(name, function):
    tracemalloc.start()
    function()
    size = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(f"{name}: {size:.1f} MB".replace(" 0.", " ."))
    return size


print(f"the matrix: {A.nbytes / 1e6:.1f} MB")
one, narrow, wide = np.ones(2000), np.ones((2000, 3), np.float32), np.ones((2000, 3))
assert peak("times a float64 vector, entry by entry", lambda: np.multiply(A, one, out=out)) < 1
assert peak("matrix product with 3 float32 columns", lambda: A @ narrow) < 1
size = peak("matrix product with 3 float64 columns", lambda: A @ wide)
assert size > 2 * A.nbytes / 1e6 - 1, "matmul casts in pieces now"
PYTHON

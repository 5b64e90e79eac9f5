#!/usr/bin/env bash
# Inverses of a batch of matrices in PyTensor's mode NUMBA, by the memory layout of the batch.
#
# Expectation: the layout of an array changes time at most. NumPy, and mode FAST_COMPILE, agree.
# Behaviour: in mode NUMBA, which functions have by default, inverses of a batch in Fortran order are wrong,
#   without a warning; singular values too. The same numbers in C order, or every second column of a
#   larger array, come out right.
# Versions: pytensor 3.0.7, numba 0.65.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   NUMBA, C: right
#   NUMBA, F: wrong
#   FAST_COMPILE, C: right
#   FAST_COMPILE, F: right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pytensor==3.0.7' 'numba==0.65.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pytensor
import pytensor.tensor as pt

A = np.random.default_rng(0).standard_normal((4, 3, 3))
x = pt.dtensor3()
found = {}
for mode in ("NUMBA", "FAST_COMPILE"):
    inverses = pytensor.function([x], pt.linalg.inv(x), mode=mode)
    for order in "CF":
        right = np.allclose(inverses(np.asarray(A, order=order)), np.linalg.inv(A))
        found[mode, order] = right
        print(f"{mode}, {order}: {'right' if right else 'wrong'}")
assert not found.pop(("NUMBA", "F")), "batches in Fortran order are right now"
assert all(found.values())
PYTHON

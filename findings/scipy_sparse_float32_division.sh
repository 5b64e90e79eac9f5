#!/usr/bin/env bash
# Division of a sparse float32 matrix by a float32 number, in SciPy.
#
# Expectation: float32, as NumPy gives, and as multiplication by a float32 number gives in SciPy.
# Behaviour: float64, of csr_matrix, csr_array, csc_array and coo_array; by a Python number too. A matrix
#   that is scaled once takes twice the memory, and all that is computed from it is float64.
# Versions: scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   csr_matrix: / float64, * float32
#   csr_array: / float64, * float32
#   csc_array: / float64, * float32
#   coo_array: / float64, * float32
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import scipy.sparse as sp

two = np.float32(2)
assert (np.eye(3, dtype=np.float32) / two).dtype == np.float32
for kind in (sp.csr_matrix, sp.csr_array, sp.csc_array, sp.coo_array):
    X = kind(np.eye(3, dtype=np.float32))
    print(f"{kind.__name__}: / {(X / two).dtype}, * {(X * two).dtype}")
    assert (X / two).dtype == (X / 2.0).dtype == np.float64, "division keeps float32 now"
    assert (X * two).dtype == np.float32
PYTHON

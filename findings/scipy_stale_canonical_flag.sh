#!/usr/bin/env bash
# The flag of canonical form of a SciPy CSR matrix whose indices were changed in place.
#
# Expectation: sum_duplicates() adds entries of the same place, and max() is the largest entry, as
#   toarray() shows it: the documentation calls the matrix's arrays attributes that may be worked on.
# Behaviour: once `has_canonical_format` was asked (or a method asked it), it is remembered. After a change of
#   `indices` it stays True; sum_duplicates() then does nothing, and max() is that of the parts.
# Versions: scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   dense: [[0.0, 5.0]]
#   max: 3.0
#   after sum_duplicates: 2 entries
#   of a new matrix of the same arrays: max 5.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import scipy.sparse as sp

X = sp.csr_array((np.array([2.0, 3.0]), np.array([0, 1]), np.array([0, 2])), shape=(1, 2))
assert X.has_canonical_format
X.indices[:] = 1
print("dense:", X.toarray().tolist())
print("max:", X.max())
assert X.toarray().max() == 5
assert X.max() == 3, "max sees the duplicates now"
X.sum_duplicates()
print("after sum_duplicates:", X.nnz, "entries")
assert X.nnz == 2, "sum_duplicates looks again now"
new = sp.csr_array((X.data, X.indices, X.indptr), shape=X.shape)
print("of a new matrix of the same arrays: max", new.max())
assert new.max() == 5
PYTHON

#!/usr/bin/env bash
# What scipy.sparse.linalg.svds hands to the matvec of a LinearOperator.
#
# Expectation: vectors of shape (n,), the only shape that is passed to it as long as ARPACK iterates.
# Behaviour: at the end matvec also gets columns of shape (n, 1), once per singular vector, where the operator
#   has no matmat. The documentation names both shapes; that one call of svds mixes them, the tests of a
#   matvec with a small example do not show where the wrong shape only broadcasts (x * weights).
# Versions: scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   matvec: [(20,), (20, 1)]
#   rmatvec: [(30,)]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from scipy.sparse.linalg import LinearOperator, svds

M = np.random.default_rng(0).standard_normal((30, 20))
seen = {"matvec": set(), "rmatvec": set()}


def matvec(x):
    seen["matvec"].add(x.shape)
    return M @ x


def rmatvec(x):
    seen["rmatvec"].add(x.shape)
    return M.T @ x


_, sigma, _ = svds(LinearOperator(M.shape, matvec=matvec, rmatvec=rmatvec, dtype=float), k=3)
assert np.allclose(np.sort(sigma), np.sort(np.linalg.svd(M)[1])[-3:])
for name, shapes in seen.items():
    print(f"{name}: {sorted(shapes, key=len)}")
assert seen == {"matvec": {(20,), (20, 1)}, "rmatvec": {(30,)}}, "other shapes are passed now"
PYTHON

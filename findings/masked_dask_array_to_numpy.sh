#!/usr/bin/env bash
# np.asarray and np.asanyarray of a masked Dask array.
#
# Expectation: a masked array as computed by .compute(), or an error: NumPy's own asanyarray keeps
#   masked arrays, and asarray of one at least stands beside a mask that the caller still holds.
# Behaviour: both give a plain array with the values below the mask, without a warning. Code that takes
#   "anything array-like" by np.asanyarray computes with entries that were marked as unknown.
# Versions: dask 2026.7.0, numpy 2.4.0, Python 3.11.
# Output seen:
#   compute: [1.0 -- 3.0]
#   asanyarray: ndarray [1.0, 999.0, 3.0]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'dask[array]==2026.7.0' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import warnings

import dask.array as da
import numpy as np

warnings.simplefilter("error")
X = da.ma.masked_values(da.from_array(np.array([1.0, 999.0, 3.0]), chunks=2), 999.0)
print("compute:", X.compute())
found = np.asanyarray(X)
print("asanyarray:", type(found).__name__, found.tolist())
assert isinstance(X.compute(), np.ma.MaskedArray)
assert type(found) is np.ndarray, "asanyarray keeps the mask now"
assert found.tolist() == [1.0, 999.0, 3.0], "the values below the mask are others now"
assert np.asarray(X).tolist() == [1.0, 999.0, 3.0]
PYTHON

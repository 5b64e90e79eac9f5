#!/usr/bin/env bash
# Memory, and layout of the result, of a dense matrix times a sparse one, in SciPy.
#
# Expectation: as sparse times dense: the result's memory, and an array in C order like both operands.
# Behaviour: the transposes are multiplied. The dense matrix is copied into the other order first, of whatever
#   size it is, and the result is in Fortran order: code that goes through its rows is slowed later on.
# Versions: scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   sparse @ dense: result 0.4 MB, C order, peak 0.4 MB
#   dense @ sparse: result 0.4 MB, F order, peak 32.4 MB
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import tracemalloc

import numpy as np
import scipy.sparse as sp

tall = sp.random_array((2000, 25), density=0.1, format="csr", rng=0)
flat, D = tall.T.tocsr(), np.ones((2000, 2000))
found = {}
for name, left, right in (("sparse @ dense", flat, D), ("dense @ sparse", D, tall)):
    tracemalloc.start()
    result = left @ right
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    order = "C" if result.flags.c_contiguous else "F"
    print(f"{name}: result {result.nbytes / 1e6:.1f} MB, {order} order, peak {peak:.1f} MB")
    found[name] = order, peak
assert found["sparse @ dense"][0] == "C" and found["sparse @ dense"][1] < 2
assert found["dense @ sparse"][0] == "F", "the result is in C order now"
assert found["dense @ sparse"][1] > 32, "the dense matrix is not copied now"
PYTHON

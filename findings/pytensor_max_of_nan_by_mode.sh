#!/usr/bin/env bash
# The maximum of numbers with NaN, in PyTensor, by mode.
#
# Expectation: NaN, as NumPy gives it, in every mode: a graph means the same however it is run.
# Behaviour: mode "NUMBA", which functions have by default, skips NaN: the largest of the other numbers, the
#   least likewise. In mode "FAST_COMPILE" it is NaN. A check like max(abs(x)) for what has diverged
#   passes in one mode and fails in the other.
# Versions: pytensor 3.0.7, numba 0.65.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   NUMBA: max 3.0, min 1.0
#   FAST_COMPILE: max nan, min nan
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pytensor==3.0.7' 'numba==0.65.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pytensor
import pytensor.tensor as pt

x = pt.dvector()
values = np.array([1.0, np.nan, 3.0])
found = {}
for mode in ("NUMBA", "FAST_COMPILE"):
    found[mode] = [float(v) for v in pytensor.function([x], [pt.max(x), pt.min(x)], mode=mode)(values)]
    print(f"{mode}: max {found[mode][0]}, min {found[mode][1]}")
assert np.isnan(values.max()) and np.isnan(found["FAST_COMPILE"]).all()
assert found["NUMBA"] == [3, 1], "NaN is kept now"
PYTHON

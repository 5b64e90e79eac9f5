#!/usr/bin/env bash
# scipy.linalg.norm with and without an axis.
#
# Expectation: an axis selects what is measured, not how: one vector has one length.
# Behaviour: without an axis BLAS is asked, which scales as it goes; with one SciPy hands over to NumPy, which
#   squares. The length of the same vector is then infinite where its entries pass 1e154, and 0 below 1e-162.
# Versions: scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   [3e+200, 4e+200]: 5e+200, with axis=0 inf
#   [3e-200, 4e-200]: 5e-200, with axis=0 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from scipy.linalg import norm

for scale, expected in ((1e200, np.inf), (1e-200, 0)):
    x = np.array([3.0, 4.0]) * scale
    print(f"{x.tolist()}: {norm(x):.3g}, with axis=0 {norm(x, axis=0):.3g}")
    assert np.isclose(norm(x) / scale, 5)
    assert norm(x, axis=0) == expected, "both ways agree now"
PYTHON

#!/usr/bin/env bash
# The dtype of a float32 PyTensor vector times a Python number.
#
# Expectation: one dtype for all Python numbers: float32, as NumPy gives, or by floatX.
# Behaviour: it depends on the number's value. Those that a smaller type holds exactly (0.5, 2, 3.0) keep
#   float32; 0.1, 1/3, 1e-10 and the integer 1000001 make float64 of it, and of all that follows.
# Versions: pytensor 3.0.7, numpy 2.4.0, Python 3.11.
# Output seen:
#   x * 0.5: float32
#   x * 0.1: float64
#   x * 3: float32
#   x * 1000001: float64
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pytensor==3.0.7' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pytensor.tensor as pt

x = pt.fvector()
for number, expected in ((0.5, "float32"), (0.1, "float64"), (3, "float32"), (1000001, "float64")):
    found = (x * number).dtype
    print(f"x * {number}: {found}")
    assert (np.ones(1, np.float32) * number).dtype == "float32"
    assert found == expected, "the value decides no longer"
PYTHON

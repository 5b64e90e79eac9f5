#!/usr/bin/env bash
# How often a compiled PyTensor function is compiled.
#
# Expectation: once. The types of its inputs are declared, dtype and number of dimensions are part of them.
# Behaviour: in mode NUMBA the first call with another memory layout (C order, Fortran order, neither) compiles
#   the whole graph again, for seconds; `pytensor.function` cannot be told the layout. A transposed view
#   of the next batch is enough.
# Versions: pytensor 3.0.7, numba 0.65.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   C order: 1 compilation
#   C order, another size: 1 compilation
#   transposed: 2 compilations
#   every second row and column: 3 compilations
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pytensor==3.0.7' 'numba==0.65.1' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pytensor
import pytensor.tensor as pt

X = pt.dmatrix()
function = pytensor.function([X], pt.exp(X).sum(0), mode="NUMBA")
calls = {
    "C order": (np.ones((8, 8)), 1),
    "C order, another size": (np.ones((5, 9)), 1),
    "transposed": (np.ones((8, 8)).T, 2),
    "every second row and column": (np.ones((8, 8))[::2, ::2], 3),
}
for name, (value, expected) in calls.items():
    function(value)
    count = len(function.vm.jit_fn.signatures)
    print(f"{name}: {count} compilation{'s' * (count > 1)}")
    assert count == expected, "layouts share what is compiled now"
PYTHON

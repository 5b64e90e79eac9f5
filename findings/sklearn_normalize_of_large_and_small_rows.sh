#!/usr/bin/env bash
# Rows of large and of small numbers in scikit-learn's normalize.
#
# Expectation: rows of length 1: all entries, and all lengths, are ordinary float64 numbers.
# Behaviour: rows are divided by the root of a sum of squares. Where the squares are too large the row becomes
#   zeros, where they are too small it stays as it was; neither is said, dense or sparse. norm="max",
#   which squares nothing, shows that only the way there is at fault; the small rows stay there too.
# Versions: scikit-learn 1.9.0, scipy 1.17.1, numpy 2.4.0, Python 3.11.
# Output seen:
#   l2: [[0.0, 0.0], [3e-200, 4e-200], [0.6, 0.8]]
#   l2, sparse: [[0.0, 0.0], [3e-200, 4e-200], [0.6, 0.8]]
#   max: [[0.75, 1.0], [3e-200, 4e-200], [0.75, 1.0]]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scikit-learn==1.9.0' 'scipy==1.17.1' 'numpy==2.4.0'
"$folder/venv/bin/python" -W error - <<'PYTHON'
import scipy.sparse as sp
from sklearn.preprocessing import normalize

X = [[3e200, 4e200], [3e-200, 4e-200], [3.0, 4.0]]
found = {
    "l2": normalize(X),
    "l2, sparse": normalize(sp.csr_array(X)).toarray(),
    "max": normalize(X, norm="max"),
}
for name, rows in found.items():
    print(f"{name}: {rows.tolist()}")
for name in ("l2", "l2, sparse"):
    assert found[name][0].tolist() == [0, 0], "large rows have length 1 now"
    assert found[name][1].tolist() == X[1], "small rows have length 1 now"
assert found["max"][0].tolist() == [0.75, 1]
PYTHON

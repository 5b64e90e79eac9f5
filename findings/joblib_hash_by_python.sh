#!/usr/bin/env bash
# joblib's hash of an array, on Python 3.13 and 3.14 with the same joblib and the same NumPy.
#
# Expectation: the hash is that of the array's type, shape and bytes, so that a cache, or a file that names
#   its data by their hash, outlives a new Python.
# Behaviour: hashes of arrays, and of NumPy's dtypes, are others on Python 3.14. Those of numbers, strings,
#   tuples and lists of them are the same. So a file that was written by 3.13 seems to belong to other data.
# Versions: joblib 1.6.0, numpy 2.5.5, Python 3.13.0 and 3.14.10. Needs python3.13 and python3.14.
# Output seen:
#   plain: the same
#   dtype: differs
#   array: differs
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in python3.13 python3.14; do
    "$python" -m venv "$folder/$python"
    "$folder/$python/bin/pip" install --quiet 'joblib==1.6.0' 'numpy==2.5.5'
    "$folder/$python/bin/python" - > "$folder/$python.txt" <<'PYTHON'
import joblib
import numpy as np

array = np.arange(6.0).reshape(2, 3)
print(joblib.hash([1, "a", (2.5, None)]), joblib.hash(array.dtype), joblib.hash(array))
PYTHON
done
read -r plain_13 dtype_13 array_13 < "$folder/python3.13.txt"
read -r plain_14 dtype_14 array_14 < "$folder/python3.14.txt"
compare() {
    if [ "$2" = "$3" ]; then echo "$1: the same"; else echo "$1: differs"; fi
}
found=$(compare plain "$plain_13" "$plain_14"; compare dtype "$dtype_13" "$dtype_14"; compare array "$array_13" "$array_14")
echo "$found"
[ "$found" = "plain: the same
dtype: differs
array: differs" ]

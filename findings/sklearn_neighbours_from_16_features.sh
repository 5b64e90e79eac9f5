#!/usr/bin/env bash
# Nearest neighbours of the same points far from zero, in scikit-learn, by the number of features.
#
# Expectation: in float64, points that differ by about 1 around 1e8 keep their neighbours: their
#   differences have eight digits. The documentation of euclidean_distances tells of lost digits; the
#   default algorithm of NearestNeighbors is "auto".
# Behaviour: up to 15 features a tree is taken, and all neighbours are right; from 16 on it is brute force by
#   products, which loses them all, without a warning.
# Versions: scikit-learn 1.9.0, numpy 2.4.0, Python 3.11.
# Output seen:
#   15 features, kd_tree: 0 % of the neighbours are others
#   16 features, brute: 99 % of the neighbours are others
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scikit-learn==1.9.0' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from sklearn.neighbors import NearestNeighbors

lost = {}
for p in (15, 16):
    X = np.random.default_rng(0).standard_normal((200, p))
    near, far = (NearestNeighbors(n_neighbors=3).fit(points) for points in (X, X + 1e8))
    others = near.kneighbors()[1] != far.kneighbors()[1]
    lost[p] = others.mean()
    print(f"{p} features, {far._fit_method}: {100 * lost[p]:.0f} % of the neighbours are others")
assert lost[15] == 0
assert lost[16] > 0.9, "brute force keeps the neighbours now"
PYTHON

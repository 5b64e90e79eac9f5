#!/usr/bin/env bash
# NumPy arrays that come from a worker of a Dask cluster.
#
# Expectation: arrays like all others, whose numbers lie at addresses that are multiples of their size.
# Behaviour: arrays that came over a wire are views into the message, at whatever place they had in it.
#   They compute, but flags.aligned is False, which compiled code may refuse, or copy; a small array in
#   the same message can be fine. `np.require(x, requirements="A")` repairs it, np.asarray does not.
# Versions: distributed 2026.7.0, numpy 2.4.0, Python 3.11.
# Output seen:
#   of 8 arrays 8 not aligned, after np.asarray 8, after np.require 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'dask==2026.7.0' 'distributed==2026.7.0' 'numpy==2.4.0'
cat > "$folder/arrays.py" <<'PYTHON'
import numpy as np
from distributed import Client, LocalCluster

if __name__ == "__main__":
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        found = [client.submit(np.zeros, n, float).result() for n in range(5000, 5008)]
    odd = [not x.flags.aligned for x in found]
    plain = [not np.asarray(x).flags.aligned for x in found]
    mended = [not np.require(x, requirements="A").flags.aligned for x in found]
    counts = f"{sum(odd)} not aligned, after np.asarray {sum(plain)}, after np.require {sum(mended)}"
    print(f"of {len(odd)} arrays {counts}")
    assert any(odd), "arrays are aligned now"
    assert plain == odd and not any(mended)
PYTHON
DASK_TEMPORARY_DIRECTORY="$folder" "$folder/venv/bin/python" "$folder/arrays.py"

#!/usr/bin/env bash
# threadpool_limits in a second thread of a program.
#
# Expectation: within the context the thread has so many threads of BLAS, whoever else made one before: the
#   setting is the process's, the last one counts.
# Behaviour: while the first thread's context is open, that of another thread does nothing, without a warning.
#   Once it is closed, the other thread's works.
# Versions: threadpoolctl 3.8.0, numpy 2.4.0 with its OpenBLAS, Python 3.11.
# Output seen:
#   asked for 1 while another thread's context of 2 is open: 2
#   asked for 1 afterwards: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'threadpoolctl==3.8.0' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
from concurrent.futures import ThreadPoolExecutor

import numpy  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits


def ask():
    with threadpool_limits(1):
        return next(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


with ThreadPoolExecutor(1) as other:
    with threadpool_limits(2):
        inside = other.submit(ask).result()
    afterwards = other.submit(ask).result()
print("asked for 1 while another thread's context of 2 is open:", inside)
print("asked for 1 afterwards:", afterwards)
assert inside == 2, "the last context counts now"
assert afterwards == 1
PYTHON

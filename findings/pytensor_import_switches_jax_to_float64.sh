#!/usr/bin/env bash
# What importing PyTensor's JAX backend does to JAX.
#
# Expectation: nothing, until a graph is compiled by it: JAX computes in float32 unless the program says
#   otherwise.
# Behaviour: the import of `pytensor.link.jax.dispatch` sets jax_enable_x64 for the whole process. JAX code
#   of others, which runs afterwards, makes float64 arrays.
# Versions: pytensor 3.0.7, jax 0.10.2, numpy 2.4.0, Python 3.11.
# Output seen:
#   before: float32
#   after: float64
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pytensor==3.0.7' 'jax[cpu]==0.10.2' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import jax.numpy as jnp

before = jnp.zeros(1).dtype
print("before:", before)
import pytensor.link.jax.dispatch  # noqa: E402, F401

after = jnp.zeros(1).dtype
print("after:", after)
assert before == "float32"
assert after == "float64", "the import leaves JAX as it is now"
PYTHON

"""The models and their costs: pure functions from PyTensor variables to PyTensor variables.

X is features x samples, as in the papers; a model is X ≈ Z_1 g(Z_2 g(… g(Z_m H_m))). Some use Ops
that have a NumPy function of their own; Numba and JAX compile the plain graph instead.
"""

from dsnmf.symbolic.costs import (
    l1_penalty,
    laplacian_penalty,
    printed_cost,
    reconstruction_cost,
    residual_norm,
    squared_error,
)
from dsnmf.symbolic.masks import dropout
from dsnmf.symbolic.models import layer_features, reconstruction
from dsnmf.symbolic.nonlinearities import (
    NONLINEARITIES,
    as_nonlinearity,
    identity,
    is_homogeneous,
    is_linear,
    relu,
    scaled_tanh,
)
from dsnmf.symbolic.view_costs import view_costs, view_weights

__all__ = [
    "NONLINEARITIES",
    "as_nonlinearity",
    "dropout",
    "identity",
    "is_homogeneous",
    "is_linear",
    "l1_penalty",
    "laplacian_penalty",
    "layer_features",
    "printed_cost",
    "reconstruction",
    "reconstruction_cost",
    "relu",
    "residual_norm",
    "scaled_tanh",
    "squared_error",
    "view_costs",
    "view_weights",
]

"""Types of arguments and results, for annotations only: not imported at run time.

The docstrings of this package use the same names.
"""

# mypy: disable-error-code="empty-body"

import os
from collections.abc import Callable, Sequence
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
from pytensor.compile.mode import Mode as PyTensorMode
from pytensor.graph.basic import Variable
from pytensor.tensor.variable import TensorVariable

Array: TypeAlias = NDArray[Any]
SparseMatrix: TypeAlias = scipy.sparse.spmatrix | scipy.sparse.sparray
Matrix: TypeAlias = ArrayLike | SparseMatrix

#: Data for estimators: also a list of paths, Dask, HDF5 and Zarr arrays.
Data: TypeAlias = Matrix | Sequence[os.PathLike[str]]
PathLike: TypeAlias = str | os.PathLike[str]
Seed: TypeAlias = int | np.random.Generator | None
RandomState: TypeAlias = Seed | np.random.RandomState
Init: TypeAlias = Literal["svd", "nndsvd", "lp", "random"] | tuple[Any, Any]
Mode: TypeAlias = str | PyTensorMode | None

#: Symbolic or not.
TensorLike: TypeAlias = Variable | ArrayLike
Scalar: TypeAlias = float | Variable
#: The updates of `pytensor.function`.
Updates: TypeAlias = dict[Variable, Variable]
Nonlinearity: TypeAlias = (
    Literal["identity", "relu", "tanh", "square", "sigmoid", "softplus"]
    | Callable[[TensorVariable], Variable]
)


class BaseEstimator:
    """Annotations for scikit-learn's class, which has none: checkers accept anything from it."""

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...
    def _validate_params(self) -> None: ...
    def set_score_request(self, *, held_out: bool | str | None = ...) -> Self: ...
    def set_transform_request(self, *, layer: bool | str | None = ...) -> Self: ...
    def set_inverse_transform_request(
        self, *, H: bool | str | None = ..., layer: bool | str | None = ...
    ) -> Self: ...


class TransformerMixin:
    """Annotations for scikit-learn's class."""

    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self: ...

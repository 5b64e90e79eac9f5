"""The content of a model's file, read without PyTensor and scikit-learn."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.files import archive
from dsnmf.solvers.view_shares import view_multipliers

if TYPE_CHECKING:
    from typing import Any

    from dsnmf.typing import Array, PathLike

#: Version of an estimator's file. 2 adds the scale of the fit and the features' statistics; 3 adds
#: more statistics and probes.
VERSION = 3

#: The classes whose models files may contain.
KINDS = ("DeepSemiNMF", "DeepWSF", "MultiViewDeepSemiNMF", "SemiNMF", "WSF")


def check_kind(kind: str, path: PathLike) -> None:
    """Raise ValueError if a file contains no estimator."""
    if kind not in KINDS:
        raise ValueError(f"{path} holds a {kind}, not an estimator ({', '.join(KINDS)})")


def _plain(value):
    """A plain parameter unchanged; for one of arrays, a description."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind in ("list", "tuple"):
        return [_plain(element) for element in content]
    return f"<{kind}>"


class SavedModel:
    """The parameters and learned arrays of a fitted estimator's file; it computes no features.

    Parameters
    ----------
    path : str or path-like
        Written by an estimator's `save`.

    Attributes
    ----------
    kind : str
        The estimator's class.
    parameters : dict
        Arrays are replaced by descriptions.
    changed : list of str
        Names of the parameters with other than default values; all names if the file does not tell.
    Z_, H_, history_, n_iter_, reconstruction_err_, n_features_in_, feature_names_in_
        See the estimators. After `partial_fit` there are no `H_` and no attributes of a fit.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is damaged, or holds no estimator.
    """

    Z_: list[Array]
    H_: list[Array]
    _columns: list[Array]
    _tables: list[Array]

    def __init__(self, path: PathLike) -> None:
        self.kind, settings, arrays = archive.read_any(path, VERSION)
        check_kind(self.kind, path)
        try:
            self.parameters = {name: _plain(v) for name, v in settings["parameters"].items()}
            for name, count in settings["lengths"].items():
                setattr(self, name, [arrays[f"{name}{i}"] for i in range(count)])
            for name, value in settings["scalars"].items():
                setattr(self, name, value)
            if "stream" not in settings:
                history = {name: arrays[f"history_{name}"] for name in ("cost", "seconds")}
                self.history_ = history
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a complete {self.kind}: {error!r}") from error
        self.changed = settings.get("changed", [*self.parameters])
        self._record = settings.get("record", {})
        if "sample_names" in arrays:
            self._record["sample_names"] = arrays["sample_names"].astype(object)
        if "feature_names_in_" in arrays:
            self.feature_names_in_ = arrays["feature_names_in_"].astype(object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters, in the form of an estimator's `get_params`."""
        return self.parameters

    def components_of(self, layer: int) -> Array:
        """(Z_1 … Z_layer)ᵀ, see the estimators."""
        components = reduce(np.matmul, self.Z_[: layer % len(self.Z_) + 1]).T
        if not hasattr(self, "_columns"):
            return components
        _, scales, w, *_ = self._tables  # several views, each with its scale
        return components / view_multipliers(self._columns, scales, w, components.dtype)

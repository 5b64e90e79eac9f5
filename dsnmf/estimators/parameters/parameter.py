"""The declaration of a parameter of the estimators."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils._param_validation import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

COUNT = Interval(Integral, 1, None, closed="left")
AT_LEAST_0 = Interval(Real, 0, None, closed="left")
ABOVE_0 = Interval(Real, 0, None, closed="neither")
FROM_0_TO_1 = Interval(Real, 0, 1, closed="both")


def one_of(*values: Any) -> Callable[[Any], bool]:
    """A test: is a parameter's value one of these plain values?"""
    return lambda value: bool(np.isscalar(value) and value in values)


def none_of(*values: Any) -> Callable[[Any], bool]:
    """A test: is a parameter's value none of these plain values?"""
    is_one = one_of(*values)
    return lambda value: not is_one(value)


def _never(value):
    return False


@dataclass(frozen=True)
class Parameter:
    """A parameter's declaration. Besides, it stands in the `__init__`s of the classes that have it.

    Attributes
    ----------
    kind : str
        The type, as the docstrings print it.
    text : str
        The effect, for the docstrings; empty where name and kind say it.
    allowed : sequence
        The constraints, for scikit-learn's `validate_params`.
    changes_numbers : bool
        True if the value changes the result of a fit beyond rounding. A fit with another value
        then cannot resume the same checkpoint.
    needs_memory : callable
        Takes a value; true if a fit with it needs X in memory.
    needs_complete : callable
        Takes a value; true if a fit with it needs X without gaps.
    in_streams : tuple
        The values that `partial_fit` accepts, the plainest first; empty if it accepts all.
    is_name_on_cluster : bool
        True if a fit on a Dask cluster accepts names only: the workers would compile anything else
        anew for each block.
    """

    kind: str
    text: str
    allowed: Sequence[Any]
    changes_numbers: bool = True
    needs_memory: Callable[[Any], bool] = _never
    needs_complete: Callable[[Any], bool] = _never
    in_streams: tuple[Any, ...] = ()
    is_name_on_cluster: bool = False


def quote(names):
    """The names in quotes, with commas, for a docstring."""
    return ", ".join(f'"{name}"' for name in names)

"""What is declared of a parameter of the estimators."""

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
    """Whether a parameter's value is one of these plain values."""
    return lambda value: bool(np.isscalar(value) and value in values)


def none_of(*values: Any) -> Callable[[Any], bool]:
    """Whether it is something else."""
    is_one = one_of(*values)
    return lambda value: not is_one(value)


def _never(value):
    return False


@dataclass(frozen=True)
class Parameter:
    """A parameter's declaration, the only one beside its place in the `__init__`s that have it.

    Attributes
    ----------
    kind : str
        What it may be, in words: the type in the docstrings.
    text : str
        What it does, for the docstrings; empty where name and kind say it.
    allowed : sequence
        What it may be, as scikit-learn's `validate_params` takes it.
    changes_numbers : bool
        Whether what a fit learns depends on it, beyond rounding. If so, a checkpoint of a fit with
        another value is that of another fit.
    needs_memory : callable
        Whether with a value a fit needs X in memory.
    needs_complete : callable
        Whether with a value a fit needs X without gaps.
    in_streams : tuple
        The values that `partial_fit` takes, the plainest first; empty where it takes all.
    is_name_on_cluster : bool
        Whether a fit on a Dask cluster takes names alone: the workers would compile anything else
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


def quoted(names):
    """Names as a docstring lists them."""
    return ", ".join(f'"{name}"' for name in names)

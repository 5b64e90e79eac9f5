"""Random masks of layers: dropout, as in the original module."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

import pytensor
import pytensor.tensor as pt
from pytensor.tensor.random.utils import RandomStream

if TYPE_CHECKING:
    from typing import Any


@cache
def _mask_stream():
    """The generator of all masks; each use gets its own substream."""
    return RandomStream(0)


def dropout(x: Any, p: float = 0) -> Any:
    """Zero each entry with probability p and divide the others by 1 - p.

    Parameters
    ----------
    x : TensorVariable or array_like
    p : float in [0, 1)
        The probability of dropping an entry; 0 returns x itself.

    Returns
    -------
    TensorVariable
        Same shape and dtype as x, floatX for integers. Every call of a compiled function draws
        another mask, and the masks of two calls of `dropout` differ; a program that runs again
        draws the same ones.

    Raises
    ------
    ValueError
        If p is outside [0, 1).
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), got {p!r}")
    if p == 0:
        return x
    x = pt.as_tensor_variable(x)
    if not x.dtype.startswith("float"):
        x = pt.cast(x, pytensor.config.floatX)
    with warnings.catch_warnings():
        # Deprecated. But its successor needs an update of the generator at compilation, while
        # research code compiles `get_h(…, have_dropout=True)` without one.
        warnings.simplefilter("ignore")
        kept = _mask_stream().bernoulli(1 - p, size=x.shape)
    return x * pt.cast(kept, x.dtype) / pt.constant(1 - p, dtype=x.dtype)

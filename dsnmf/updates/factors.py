"""Validates the arguments of rules: data X, shared factors Z_i and H_i, switches."""

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from dsnmf.symbolic.linalg import as_data


def _shape(variable):
    """The shape of a variable before any call; None for an unknown side."""
    if isinstance(variable, SharedVariable):
        return variable.get_value(borrow=True).shape
    return variable.type.shape


def _check_factor(variable, name, shape, dtype):
    if not isinstance(variable, SharedVariable):
        raise TypeError(f"{name} must be a shared variable, got {variable!r}")
    if variable.type.ndim != 2:
        raise ValueError(f"{name} must be 2-d, got {variable.type.ndim}-d")
    if variable.type.dtype != dtype or dtype not in ("float32", "float64"):
        raise TypeError(
            f"the factors must share one dtype, float32 or float64: {name} is "
            f"{variable.type.dtype}, the first factor {dtype}"
        )
    actual = _shape(variable)
    if any(wanted not in (None, got) for wanted, got in zip(shape, actual)):
        wanted = " x ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{name} must be {wanted} to fit its neighbours, got shape {actual}")
    return actual


def as_model(X, Zs, Hs):
    """Check that X, Zs and Hs fit together; returns X as a variable, Zs and Hs as lists.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If the lists are empty or of different lengths, shapes do not fit, X is not finite, or
        an H has a negative entry.
    """
    Zs, Hs = list(Zs), list(Hs)
    if not Zs or len(Zs) != len(Hs):
        raise ValueError(f"Zs and Hs must hold one factor per layer, got {len(Zs)} and {len(Hs)}")
    dtype = getattr(getattr(Zs[0], "type", None), "dtype", None)
    X = as_data(X, dtype)
    rows, samples = _shape(X)
    for i, (Z, H) in enumerate(zip(Zs, Hs), start=1):
        _, rows = _check_factor(Z, f"Z_{i}", (rows, None), dtype)
        _, samples = _check_factor(H, f"H_{i}", (rows, samples), dtype)
        if not (H.get_value(borrow=True) >= 0).all():
            raise ValueError(f"H_{i} must be >= 0, got a negative entry or NaN")
    return X, Zs, Hs


def as_flags(flags, name, count):
    """One bool per layer, from a single bool or a sequence of them."""
    flags = [flags] * count if isinstance(flags, bool | np.bool_) else list(flags)
    if len(flags) != count or not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise ValueError(f"{name} must be a bool or {count} bools, one per layer, got {flags!r}")
    return flags

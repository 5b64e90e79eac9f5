"""What PyTensor's modes can and cannot do."""

from pytensor.compile.mode import get_mode, predefined_modes
from pytensor.link.jax.linker import JAXLinker


def as_mode(mode):
    """The mode itself; ValueError if it is a name that PyTensor does not know."""
    if isinstance(mode, str) and mode.upper() not in predefined_modes:
        known = ", ".join(sorted(predefined_modes))
        raise ValueError(f"mode must be None, a pytensor Mode or one of {known}, got {mode!r}")
    return mode


def is_jax(mode):
    """Whether a mode compiles to JAX, which has neither sparse matrices nor while loops."""
    return mode is not None and isinstance(get_mode(mode).linker, JAXLinker)

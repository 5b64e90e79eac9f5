"""What PyTensor's modes can and cannot do."""

from pytensor.compile.mode import Mode, get_mode, predefined_modes
from pytensor.link.jax.linker import JAXLinker

from dsnmf.training.device import DeviceLinker, check_device


def as_mode(mode):
    """The mode itself, if it can be used.

    Raises
    ------
    ValueError
        If it is a name that PyTensor does not know.
    ImportError, RuntimeError
        If it compiles to JAX, and that or its device is not there.
    """
    if isinstance(mode, str) and mode.upper() not in predefined_modes:
        known = ", ".join(sorted(predefined_modes))
        raise ValueError(f"mode must be None, a pytensor Mode or one of {known}, got {mode!r}")
    if is_jax(mode):
        check_device()
    return mode


def is_jax(mode):
    """Whether a mode compiles to JAX, which has neither sparse matrices nor while loops."""
    return isinstance(get_mode(mode).linker, JAXLinker)


def on_device(mode):
    """The mode for `pytensor.function`: JAX as `DeviceLinker` runs it, any other as it is."""
    return Mode(DeviceLinker(), get_mode(mode).provided_optimizer) if is_jax(mode) else mode

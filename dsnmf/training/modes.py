"""What PyTensor's modes can and cannot do."""

from pytensor.compile.mode import get_mode
from pytensor.link.jax.linker import JAXLinker


def is_jax(mode):
    """Whether a mode compiles to JAX, which has neither sparse matrices nor while loops."""
    return mode is not None and isinstance(get_mode(mode).linker, JAXLinker)

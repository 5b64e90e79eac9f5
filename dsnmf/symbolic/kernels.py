"""Hand-written kernels that replace PyTensor's code for an Op."""

import inspect
from functools import cache
from hashlib import sha256
from types import CodeType, FunctionType

import numpy as np
from pytensor.compile.builders import OpFromGraph


def for_python(function, key):
    """A function that Numba compiles at its first call; PyTensor's cache folder keeps the result.

    Parameters
    ----------
    function : callable
    key : str or None
        Identifies all that the result depends on; None to cache nothing.
    """
    from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
    from pytensor.link.numba.dispatch.basic import numba_njit

    if key is not None:
        CACHED_SRC_FUNCTIONS[function] = sha256(key.encode()).hexdigest()
    options = {"nogil": True, "error_model": "numpy", "cache": key is not None}
    return numba_njit(function, final_function=True, **options)


class KernelOp(OpFromGraph):
    """An Op defined by a plain graph, for any mode, and by an equivalent function of arrays.

    Subclasses define the function, `run`, for modes that call an Op's `perform`. Numba and JAX
    compile the graph.
    """

    def run(self, *inputs):
        """An array, or a tuple of arrays, from the inputs' arrays, which it must not change."""
        raise NotImplementedError

    def perform(self, node, inputs, outputs):
        with np.errstate(all="ignore"):
            results = self.run(*inputs)
        for cell, value in zip(outputs, results if isinstance(results, tuple) else [results]):
            cell[0] = value


def _code(value):
    """A function's code as text, without lines and files."""
    if not isinstance(value, CodeType):
        return repr(value)
    return repr([value.co_name, value.co_code, value.co_names, *map(_code, value.co_consts)])


def _fingerprint(module):
    """A hash of a module's functions and constants; works without source."""
    parts = []
    for name, value in sorted(vars(module).items()):
        value = inspect.unwrap(value) if callable(value) else value
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            parts.append(_code(value.__code__))
        elif isinstance(value, int | float):
            parts.append(f"{name} {value!r}")
    return sha256("\n".join(parts).encode()).hexdigest()


def _key(kernel):
    # With the module's name, as code in the cache imports the module.
    module = inspect.getmodule(kernel)
    return f"{module.__name__}.{kernel.__qualname__} {_fingerprint(module)}"


@cache
def compile_kernel(kernel):
    """Compile a function of a module for calls from Python: see `for_python`."""
    return for_python(kernel, _key(kernel))


@cache
def register_kernel(op_type, kernel):
    """Let Numba mode run a function of a module for every Op of this type.

    Call it when an Op is created and not at import, as it loads Numba.

    Parameters
    ----------
    op_type : type
        A class of Ops without properties.
    kernel : callable
        A function of the Op's inputs.
    """
    from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

    compiled, key = numba_njit(kernel), _key(kernel)

    @register_funcify_and_cache_key(op_type)
    def funcify(op, node=None, **kwargs):
        return compiled, key

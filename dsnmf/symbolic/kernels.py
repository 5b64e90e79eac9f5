"""Hand-written kernels in place of PyTensor's own code for an Op."""

import inspect
from functools import cache
from hashlib import sha256
from types import CodeType, FunctionType

import numpy as np
from pytensor.compile.builders import OpFromGraph


def for_python(function, key):
    """A function compiled by Numba when it is first called; PyTensor's folder keeps the result.

    Parameters
    ----------
    function : callable
    key : str or None
        All that the function's result depends on; None if nothing is to be kept.
    """
    from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
    from pytensor.link.numba.dispatch.basic import numba_njit

    if key is not None:
        CACHED_SRC_FUNCTIONS[function] = sha256(key.encode()).hexdigest()
    options = {"nogil": True, "error_model": "numpy", "cache": key is not None}
    return numba_njit(function, final_function=True, **options)


class KernelOp(OpFromGraph):
    """An Op defined by a plain graph, for any mode, with a function of arrays that does the same.

    Modes that run an Op's `perform` use the function, `run`, which subclasses have. Numba and JAX
    compile the graph.
    """

    def run(self, *inputs):
        """An array, or a tuple of several, from arrays that stay as they are."""
        raise NotImplementedError

    def perform(self, node, inputs, outputs):
        with np.errstate(all="ignore"):
            results = self.run(*inputs)
        for cell, value in zip(outputs, results if isinstance(results, tuple) else [results]):
            cell[0] = value


def _code(value):
    """What a function's code says, without lines and files."""
    if not isinstance(value, CodeType):
        return repr(value)
    return repr([value.co_name, value.co_code, value.co_names, *map(_code, value.co_consts)])


def _fingerprint(module):
    """Changes with a module's functions and constants; needs no source, which may not be there."""
    parts = []
    for name, value in sorted(vars(module).items()):
        value = inspect.unwrap(value) if callable(value) else value
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            parts.append(_code(value.__code__))
        elif isinstance(value, int | float):
            parts.append(f"{name} {value!r}")
    return sha256("\n".join(parts).encode()).hexdigest()


def _key(kernel):
    # The module's name too: what is in the cache imports it.
    module = inspect.getmodule(kernel)
    return f"{module.__name__}.{kernel.__qualname__} {_fingerprint(module)}"


@cache
def compile_kernel(kernel):
    """A function of a module, to be called from Python: see `for_python`."""
    return for_python(kernel, _key(kernel))


@cache
def register_kernel(op_type, kernel):
    """Let Numba mode run a function of a module for every Op of this type.

    Called when an Op is made and not at import, as it loads Numba.

    Parameters
    ----------
    op_type : type
        A class of Ops without properties.
    kernel : callable
        Of the Op's inputs.
    """
    from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

    compiled, key = numba_njit(kernel), _key(kernel)

    @register_funcify_and_cache_key(op_type)
    def funcify(op, node=None, **kwargs):
        return compiled, key

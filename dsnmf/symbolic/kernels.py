"""Hand-written Numba kernels in place of PyTensor's own code for an Op."""

import inspect
from functools import cache
from hashlib import sha256
from types import CodeType, FunctionType


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


@cache
def register_kernel(op_type, make_kernel):
    """Let Numba mode run a kernel for every Op of this type; other modes are not touched.

    Called when an Op is made and not at import, as it loads Numba.

    Parameters
    ----------
    op_type : type
        A class of Ops without properties.
    make_kernel : callable
        make_kernel(compiled) returns the kernel: a function of the Op's inputs that went
        through the decorator `compiled`, as everything that it calls.
    """
    from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

    # The module's name too: what is in the cache imports it.
    module = inspect.getmodule(make_kernel)
    key = f"{module.__name__}.{make_kernel.__qualname__} {_fingerprint(module)}"
    kernel = make_kernel(numba_njit)

    @register_funcify_and_cache_key(op_type)
    def funcify(op, node=None, **kwargs):
        return kernel, key

"""Hand-written Numba kernels in place of PyTensor's own code for an Op."""

import inspect
from functools import cache
from hashlib import sha256


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

    source = inspect.getsource(inspect.getmodule(make_kernel))
    key = f"{make_kernel.__qualname__} {sha256(source.encode()).hexdigest()}"
    kernel = make_kernel(numba_njit)

    @register_funcify_and_cache_key(op_type)
    def funcify(op, node=None, **kwargs):
        return kernel, key

"""Fused elementwise operations, each compiled into one pass over its arrays."""

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.scalar.basic import get_scalar_type
from pytensor.tensor.elemwise import Elemwise

from dsnmf.symbolic.kernels import for_python


def _is_scalar(variable):
    return all(variable.type.broadcastable)


#: The loops of this process, by their source and key.
_LOOPS: dict = {}


def _compile(op, node):
    """Compile a loop over flat inputs and outputs; outputs in place are no arguments."""
    from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key

    scalars = [get_scalar_type(variable.type.dtype).make_variable() for variable in node.inputs]
    scalar_op = op.elemwise.scalar_op
    function, key = numba_funcify_and_cache_key(scalar_op, node=scalar_op.make_node(*scalars))
    names = [f"i{i}" for i in range(len(node.inputs))]
    values = [
        f"{name}[0]" if _is_scalar(variable) else f"{name}[j]"
        for name, variable in zip(names, node.inputs)
    ]
    outputs = [names[op.destroyed[o]] if o in op.destroyed else f"o{o}" for o in range(node.nout)]
    source = (
        f"def loop({', '.join(dict.fromkeys(names + outputs))}):\n"
        f"    for j in range({outputs[0]}.size):\n"
        f"        {', '.join(f'{name}[j]' for name in outputs)} = function({', '.join(values)})\n"
    )
    if key is None or (source, key) not in _LOOPS:
        scope = {"function": function, "__name__": __name__}  # the cache imports the module
        exec(source, scope)
        _LOOPS[source, key] = for_python(scope["loop"], key and f"loop {source} {key}")
    return _LOOPS[source, key]


class Loop(Op):
    """An `Elemwise` as one loop that Numba compiles.

    PyTensor's own code for an `Elemwise` in Numba mode walks through arrays of any number of
    dimensions and any strides, and takes several times as long to compile. Here arrays are
    flattened first.

    Parameters
    ----------
    elemwise : Elemwise
        At least one input is an array.
    """

    __props__ = ("elemwise",)

    def __init__(self, elemwise):
        self.elemwise = elemwise
        self.destroyed = dict(elemwise.inplace_pattern)
        self.destroy_map = {output: [i] for output, i in self.destroyed.items()}

    def make_node(self, *inputs):
        outputs = self.elemwise.make_node(*inputs).outputs
        return Apply(self, list(inputs), [variable.type() for variable in outputs])

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        inputs, outputs = ([storage_map[v] for v in some] for some in (node.inputs, node.outputs))
        run = _Run(self, node)

        def thunk():
            run([cell[0] for cell in inputs], outputs)

        thunk.inputs, thunk.outputs, thunk.lazy = inputs, outputs, False
        return thunk

    def perform(self, node, inputs, outputs):
        _Run(self, node)(inputs, outputs)


class _Run:
    """Runs a node's loop on arrays, and stores results in cells."""

    def __init__(self, op, node):
        self._node, self._loop, self._destroyed = node, _compile(op, node), op.destroyed
        self._arrays = [i for i, v in enumerate(node.inputs) if not _is_scalar(v)]
        self._new = {o: v.type.dtype for o, v in enumerate(node.outputs) if o not in op.destroyed}

    def __call__(self, inputs, outputs):
        shape = inputs[self._arrays[0]].shape
        if any(inputs[i].shape != shape for i in self._arrays):
            shape = self._broadcast(inputs)
        flat = [value.reshape(-1) for value in inputs]  # copies an array that is not contiguous
        for o, dtype in self._new.items():
            outputs[o][0] = new = np.empty(shape, dtype)
            flat.append(new.reshape(-1))
        self._loop(*flat)
        for o, i in self._destroyed.items():
            if not inputs[i].flags.c_contiguous:
                inputs[i][...] = flat[i].reshape(shape)
            outputs[o][0] = inputs[i]

    def _broadcast(self, inputs):
        """Replace the arrays among the inputs by broadcast ones; returns their shape."""
        Elemwise._check_runtime_broadcast(self._node, inputs)
        shape = np.broadcast_shapes(*(inputs[i].shape for i in self._arrays))
        for i in self._arrays:
            if inputs[i].shape != shape:  # a copy, which the loop needs in any case
                whole = np.empty(shape, inputs[i].dtype)
                whole[...] = inputs[i]
                inputs[i] = whole
        return shape


def _has_ufunc(node):
    """Whether NumPy has a function for the node's operation and number of inputs."""
    specification = getattr(node.op.scalar_op, "nfunc_spec", None)
    return specification is not None and specification[1] == len(node.inputs)


@node_rewriter([Elemwise])
def as_loop(fgraph, node):
    """Replace an `Elemwise` by a `Loop`, if it has an array and NumPy has no function for it."""
    if all(map(_is_scalar, node.inputs)) or _has_ufunc(node):
        return None
    return Loop(node.op)(*node.inputs, return_list=True)


#: The rewrite; apply it after all others.
compile_loops = dfs_rewriter(as_loop)

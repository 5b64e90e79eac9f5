"""Fused elementwise operations, each compiled into one pass over its arrays."""

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.tensor.elemwise import Elemwise

from dsnmf.symbolic.kernels import for_python


def _is_scalar(variable):
    return all(variable.type.broadcastable)


def _flat(value, shape):
    """An array of this shape as a vector: a view of the array where its entries lie in order."""
    if value.shape != shape:
        value = np.broadcast_to(value, shape)
    return value.reshape(-1)


#: The loops that were made in this process, by what they compute.
_LOOPS = {}


def _compiled(op, node):
    """A loop of the flat inputs and outputs; an output that destroys an input is no argument."""
    from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key

    scalar_node = op.elemwise.make_scalar_node(*node.inputs)
    function, key = numba_funcify_and_cache_key(op.elemwise.scalar_op, node=scalar_node)
    names = [f"i{i}" for i in range(len(node.inputs))]
    values = [
        name if _is_scalar(variable) else f"{name}[j]" for name, variable in zip(names, node.inputs)
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
    dimensions and any strides, and takes several times as long to compile. Here arrays are made
    flat first.

    Parameters
    ----------
    elemwise : Elemwise
        Of arrays, not of scalars alone.
    """

    __props__ = ("elemwise",)

    def __init__(self, elemwise):
        self.elemwise = elemwise
        self.destroyed = dict(elemwise.inplace_pattern)
        self.destroy_map = {output: [i] for output, i in self.destroyed.items()}

    def make_node(self, *inputs):
        outputs = self.elemwise.make_node(*inputs).outputs
        return Apply(self, list(inputs), [variable.type() for variable in outputs])

    def prepare_node(self, node, storage_map, compute_map, impl):
        node.tag.loop = _compiled(self, node)
        node.tag.arrays = [i for i, v in enumerate(node.inputs) if not _is_scalar(v)]
        node.tag.dtypes = [variable.type.dtype for variable in node.outputs]

    def _shape(self, node, inputs):
        shapes = {inputs[i].shape for i in node.tag.arrays}
        if len(shapes) == 1:
            return shapes.pop()
        Elemwise._check_runtime_broadcast(node, inputs)
        return np.broadcast_shapes(*shapes)

    def perform(self, node, inputs, outputs):
        shape = self._shape(node, inputs)
        flat = [value.reshape(-1)[0] for value in inputs]
        for i in node.tag.arrays:
            flat[i] = _flat(inputs[i], shape)
        new = {
            o: np.empty(shape, dtype)
            for o, dtype in enumerate(node.tag.dtypes)
            if o not in self.destroyed
        }
        node.tag.loop(*flat, *(value.reshape(-1) for value in new.values()))
        for o, cell in enumerate(outputs):
            cell[0] = new[o] if o in new else self._written(inputs, flat, o)

    def _written(self, inputs, flat, o):
        """The array that an output destroys, with the output in it."""
        array, result = inputs[self.destroyed[o]], flat[self.destroyed[o]]
        if not np.may_share_memory(array, result):  # a copy, as its entries do not lie in order
            array[...] = result.reshape(array.shape)
        return array


def _has_ufunc(node):
    """Whether NumPy computes the node's operation by one of its functions for these inputs."""
    specification = getattr(node.op.scalar_op, "nfunc_spec", None)
    return specification is not None and specification[1] == len(node.inputs)


@node_rewriter([Elemwise])
def as_loop(fgraph, node):
    """What NumPy has no function for, and is not of scalars alone, becomes a `Loop`."""
    if all(map(_is_scalar, node.inputs)) or _has_ufunc(node):
        return None
    return Loop(node.op)(*node.inputs, return_list=True)


#: To be applied after all others.
compile_loops = dfs_rewriter(as_loop)

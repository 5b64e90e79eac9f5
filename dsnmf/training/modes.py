"""PyTensor's modes: which work here, and the one that models use."""

from __future__ import annotations

from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytensor
from pytensor.compile.mode import Mode, get_mode, predefined_modes
from pytensor.graph.basic import Variable
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import ancestors
from pytensor.link.basic import PerformLinker
from pytensor.link.jax.linker import JAXLinker
from pytensor.scan.op import Scan

from dsnmf.symbolic.loops import compile_loops
from dsnmf.training.device import DeviceLinker, check_device

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pytensor.compile.io import In, Out

    from dsnmf.typing import Mode as AnyMode
    from dsnmf.typing import Updates

#: PyTensor's name of its default mode.
DEFAULT = "Mode"

#: PyTensor's rewrites, without those for its C code.
_REWRITES = RewriteDatabaseQuery(
    include=["fast_run"], exclude=["cxx_only", "BlasOpt", "local_careduce_fusion"]
)


class _QuietLinker(PerformLinker):
    """Runs node by node, without NumPy's overflow warnings, as the loop tests the costs."""

    def make_all(self, **options):
        run, *rest = super().make_all(**options)

        @wraps(run)
        def quiet():
            with np.errstate(all="ignore"):
                return run()

        return quiet, *rest


#: NumPy runs one operation after the other. Numba compiles only fused elementwise operations, to
#: loops.
NODE_BY_NODE = Mode(_QuietLinker(allow_gc=True), _REWRITES).register((compile_loops, 200))


def as_mode(mode):
    """Check that a mode works; returns it.

    Raises
    ------
    ValueError
        If PyTensor has no mode of this name.
    ImportError, RuntimeError
        If it compiles to JAX, and JAX is missing or has no device that works.
    """
    if isinstance(mode, str) and mode.upper() not in predefined_modes:
        known = ", ".join(sorted(predefined_modes))
        raise ValueError(f"mode must be None, a pytensor Mode or one of {known}, got {mode!r}")
    if is_jax(mode):
        check_device()
    return mode


def is_jax(mode):
    """Whether a mode compiles to JAX, which supports neither sparse matrices nor while loops."""
    return isinstance(get_mode(mode).linker, JAXLinker)


def _has_loop(outputs, *pairs):
    """Whether a graph has a loop, which `NODE_BY_NODE` would run slowly."""
    results = outputs if isinstance(outputs, list | tuple) else [outputs]
    computed = [getattr(result, "variable", result) for result in results]  # `Out` holds one
    computed += [new for several in pairs for _, new in several]
    graph = ancestors(v for v in computed if isinstance(v, Variable))
    return any(v.owner is not None and isinstance(v.owner.op, Scan) for v in graph)


def _keep_sources():
    """A context in which PyTensor 3.3 writes generated source to its own folder, a file once.

    Otherwise each function leaves a file in the system's folder for temporary files, for ever.
    """
    if getattr(pytensor.config, "generated_src_dir", None) != "":  # too old, or the user's choice
        return nullcontext()
    folder = Path(pytensor.config.base_compiledir) / "generated_src"
    return pytensor.config.change_flags(generated_src_dir=str(folder))


def _as_pairs(replacements):
    """A list of pairs from a dictionary, or from an iterable of pairs."""
    return list(replacements.items() if isinstance(replacements, dict) else replacements or ())


def compile_function(
    inputs: Sequence[Variable | In],
    outputs: Variable | Out | Sequence[Variable | Out] | None = None,
    mode: AnyMode = None,
    updates: Updates | Iterable[tuple[Variable, Variable]] | None = None,
    givens: Updates | Iterable[tuple[Variable, Variable]] | None = None,
    **options: Any,
) -> Any:
    """`pytensor.function`, with a default mode that suits the graph.

    That is `pytensor.config.mode` if it was set, otherwise Numba for graphs with loops, and
    `NODE_BY_NODE` for all others. JAX uses `DeviceLinker`.

    Parameters
    ----------
    inputs, outputs, updates, givens, **options
        See `pytensor.function`; in its order of arguments, which is also Theano's.
    mode : None, str or pytensor Mode

    Returns
    -------
    callable

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from dsnmf.training.modes import compile_function
    >>> x = pt.vector()
    >>> compile_function([x], abs(x) + x)([-1.0, 2.0])
    array([0., 4.])
    """
    updates, givens = _as_pairs(updates), _as_pairs(givens)
    mode = pytensor.config.mode if mode is None else mode
    if mode == DEFAULT:  # perhaps sent from the machine that runs the fit
        mode = DEFAULT if _has_loop(outputs, updates, givens) else NODE_BY_NODE
    elif is_jax(mode):
        mode = Mode(DeviceLinker(), get_mode(mode).provided_optimizer)
    # Annotated there without `In` and `Out`.
    arguments: Any = inputs, outputs, mode, updates, givens
    with _keep_sources():
        return pytensor.function(*arguments, **options)

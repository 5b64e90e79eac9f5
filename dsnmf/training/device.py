"""Compiles to JAX for any device: exact, atomic; data are copied to the device once."""

import contextlib
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Lock

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.link.jax.linker import JAXLinker
from pytensor.tensor.type import TensorType

#: The module that translates PyTensor's operations for JAX.
_JAX_OPS = "pytensor.link.jax.dispatch"

_LOADING = Lock()


def check_device():
    """The device that JAX computes on.

    Raises
    ------
    ImportError
        If JAX is missing.
    RuntimeError
        If no device works, such as the one that JAX_PLATFORMS names.
    """
    try:
        import jax
    except ImportError as error:
        raise ImportError(
            "mode='JAX' needs jax: pip install jax, or \"jax[cuda12]\" for an NVIDIA card"
        ) from error
    try:
        return jax.devices()[0]
    except Exception as error:  # of any type, perhaps without a text
        asked = os.environ.get("JAX_PLATFORMS", "")
        why = str(error).partition("\n")[0] or type(error).__name__
        raise RuntimeError(
            f"mode='JAX' has no device that works (JAX_PLATFORMS={asked!r}: {why}); "
            "mode=None computes without JAX"
        ) from error


@contextlib.contextmanager
def _exact():
    """Make JAX compute in the dtypes of our graphs, in this thread, whatever the process has set.

    By default JAX makes float32 of our float64 sums of float32 data, and graphics cards multiply
    float32 matrices with 11 of their 24 bits.
    """
    import jax

    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        yield


def _load_jax_ops():
    """Import PyTensor's code for JAX, and undo the setting of JAX that its import changes."""
    import jax

    def load():
        before = jax.config.jax_enable_x64
        try:
            import pytensor.link.jax.dispatch  # noqa: F401 (registers)
        finally:
            jax.config.update("jax_enable_x64", before)

    # In a new thread, in which no context of JAX is active.
    with _LOADING, ThreadPoolExecutor(1) as thread:
        if _JAX_OPS not in sys.modules:
            thread.submit(load).result()


@contextlib.contextmanager
def _name_errors(device):
    """Turn errors of a device into errors with one clear line."""
    import jax

    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        where, why = f"{device} ({device.device_kind})", str(error).partition("\n")[0]
        if why.startswith("RESOURCE_EXHAUSTED"):
            raise MemoryError(f"mode='JAX' needs more memory than {where} has: {why}") from error
        raise RuntimeError(f"mode='JAX' lost {where}: {why}") from error


class DeviceLinker(JAXLinker):
    """PyTensor's linker for JAX, with these changes.

    - Data in a shared variable tagged `on_device` go to the device once, not in every call.
    - Results are NumPy arrays; updated shared variables stay on the device.
    - Both have the graph's dtype; JAX leaves sums of float32 in float64.
    - A call returns when the device has finished, so an error leaves shared variables unchanged.
    """

    def fgraph_convert(self, fgraph, input_storage, storage_map, **kwargs):
        """See PyTensor's method, which without this would keep the current values alive."""
        tensors = [
            (storage, storage[0])
            for variable, storage in storage_map.items()
            if isinstance(variable, SharedVariable) and isinstance(variable.type, TensorType)
        ]
        for storage, _ in tensors:
            storage[0] = None
        try:
            return super().fgraph_convert(fgraph, input_storage, storage_map, **kwargs)
        finally:
            for storage, value in tensors:
                storage[0] = value

    def make_thunk(self, **kwargs):
        """See `pytensor.link.basic.Linker`."""
        import jax

        device = check_device()
        _load_jax_ops()
        gc.collect()  # frees the device memory of dropped models: their graphs are cycles
        with _exact(), _name_errors(device):
            thunk, inputs, outputs = super().make_thunk(**kwargs)
        data = [
            storage
            for variable, storage in thunk.storage_map.items()
            if isinstance(variable, SharedVariable) and getattr(variable.tag, "on_device", False)
        ]
        updates = self.fgraph.update_mapping or {}
        dtypes = [getattr(variable.type, "dtype", None) for variable in self.fgraph.outputs]
        results = [out.storage for i, out in enumerate(outputs) if i not in updates]

        @wraps(thunk)
        def run():
            with _exact(), _name_errors(device):
                for storage in data:
                    if isinstance(storage[0], np.ndarray):
                        storage[0] = jax.block_until_ready(jax.device_put(storage[0]))
                thunk()
                for out, dtype in zip(outputs, dtypes):
                    if dtype is not None and out.storage[0].dtype != dtype:
                        out.storage[0] = out.storage[0].astype(dtype)
                jax.block_until_ready([out.storage[0] for out in outputs])
                for storage in results:
                    storage[0] = np.array(storage[0])

        return run, inputs, outputs

"""DSNMF in a file: the data, the parameters, and the training state, so that it goes on exactly."""

import numpy as np

from dsnmf import archive
from dsnmf.compression import Compression

#: 2: may hold a compression.
_VERSION = 2


def _compression_arrays(compression):
    if compression is None:
        return {}
    return {
        "compression_U": compression.U,
        "compression_weights": compression.weights,
        "compression_discarded": np.array(compression.discarded),
    }


def _compression_from(arrays):
    if "compression_U" not in arrays:
        return None
    U, weights = arrays["compression_U"], arrays["compression_weights"]
    return Compression(U, weights, float(arrays["compression_discarded"]))


def write_model(path, model):
    """Write a model; see `DSNMF.save`."""
    _, rule = model._cost_and_updates
    state = [variable for variable in rule if variable not in model.params]
    settings = {
        "layers": model.layers,
        "verbose": bool(model.verbose),
        "l1_norms": model.l1_norms,
        "learning_rate": model.learning_rate,
        "trained": [param.name for param in model._trained],
    }
    variables = [model.X, *model.params, *state]
    arrays = {variable.name: variable.get_value(borrow=True) for variable in variables}
    arrays |= _compression_arrays(model._compression) | {"history": np.array(model.history)}
    archive.write(path, "DSNMF", _VERSION, settings, arrays)


def read_model(path, cls, mode):
    """Read a model of class `cls`; see `DSNMF.load`."""
    settings, arrays = archive.read(path, "DSNMF", _VERSION)
    model = cls.__new__(cls)
    try:
        layers = tuple(settings["layers"])
        names = [f"Z_{i}" for i in range(1, len(layers) + 1)] + [f"H_{len(layers)}"]
        model._assemble(
            arrays["X"],
            layers,
            [arrays[name] for name in names],
            settings["verbose"],
            tuple(settings["l1_norms"]),
            settings["learning_rate"],
            mode,
            _compression_from(arrays),
        )
        model.history = arrays["history"].tolist()
        model._train([p for p in model.params if p.name in settings["trained"]])
        _, rule = model._cost_and_updates
        for variable in rule:
            variable.set_value(arrays[variable.name])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a complete DSNMF model: {error!r}") from error
    return model

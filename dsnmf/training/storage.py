"""Saves and copies DSNMF with data and training state, so that training continues exactly."""

from __future__ import annotations

import copy
import pickle
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from dsnmf.files import archive
from dsnmf.training.compiled import own_functions

if TYPE_CHECKING:
    from typing import Self

    from dsnmf.typing import Mode, PathLike

#: Version 2 may hold a compression, version 3 also shared scalars.
_VERSION = 3


def param_names(layers):
    """Z_1, …, Z_m, H_m."""
    return [f"Z_{i}" for i in range(1, len(layers) + 1)] + [f"H_{len(layers)}"]


def _check_writable(model):
    """Raise a ValueError that names what a file cannot hold, if the model has such things."""
    objective, rule = model._objective, model._rule
    found = [f"a {name} of its own" for name in own_functions(model)]
    if not model.cost is rule.minimised is objective.cost:
        found.append("a cost of its own")
    names = [param.name for param in model.params]
    if model.params != objective.params or names != param_names(model.layers):
        found.append("params of its own")
    scalars = {f"l1_norms[{j}]": norm for j, norm in enumerate(objective.l1_norms)}
    for name, scalar in {"learning_rate": rule.learning_rate, **scalars}.items():
        if isinstance(scalar, Variable) and not isinstance(scalar, SharedVariable):
            found.append(f"a {name} that is an expression")
    if found:
        raise ValueError(f"the model has {', '.join(found)}: a file cannot hold that")


def _place(scalar, shared):
    """A number unchanged; a shared variable as its index in `shared`, appended if new."""
    if not isinstance(scalar, SharedVariable):
        return scalar
    if scalar not in shared:
        shared.append(scalar)
    return {"shared": shared.index(scalar)}


def _from_place(scalar, shared):
    return shared[scalar["shared"]] if isinstance(scalar, dict) else scalar


def _write(path, model):
    updates, shared = model._rule.updates, []
    state = [variable for variable in updates if variable not in model.params]
    settings = {
        "layers": model.layers,
        "verbose": bool(model.verbose),
        "l1_norms": [_place(norm, shared) for norm in model._objective.l1_norms],
        "learning_rate": _place(model._rule.learning_rate, shared),
        "trained": [param.name for param in model.params if param in updates],
    }
    settings["shared"] = [variable.name for variable in shared]
    variables = [model._objective.X, *model.params, *state]
    arrays = {variable.name: variable.get_value(borrow=True) for variable in variables}
    arrays |= {f"shared_{i}": variable.get_value() for i, variable in enumerate(shared)}
    if model._compression is not None:
        arrays |= model._compression.arrays()
    arrays["history"] = np.array(model.history)
    archive.write(path, "DSNMF", _VERSION, settings, arrays)


def _read(path, cls, mode):
    settings, arrays = archive.read(path, "DSNMF", _VERSION)
    model = cls.__new__(cls)
    try:
        shared = [
            pytensor.shared(arrays[f"shared_{i}"], name=name)
            for i, name in enumerate(settings.get("shared", []))
        ]
        model._assemble(
            arrays["X"],
            settings["layers"],
            [arrays[name] for name in param_names(settings["layers"])],
            settings["verbose"],
            tuple(_from_place(norm, shared) for norm in settings["l1_norms"]),
            mode,
            cls._compression_from(arrays),
        )
        model.history = arrays["history"].tolist()
        trained = [param for param in model.params if param.name in settings["trained"]]
        model._train(trained, _from_place(settings["learning_rate"], shared))
        for variable in model._rule.updates:
            variable.set_value(arrays[variable.name])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a complete DSNMF model: {error!r}") from error
    return model


_SUBCLASS = "{} is a subclass of DSNMF, whose code a file does not hold: {}"


class Storable:
    """The methods of DSNMF for files and copies."""

    def save(self, path: PathLike) -> None:
        """Write the model, its data and its training state to one file, replaced atomically.

        Shared learning rates and norms are loaded as shared variables.

        Parameters
        ----------
        path : str or path-like
            No suffix is added. The content is NumPy's .npz format, without pickle.

        Raises
        ------
        ValueError
            If a file cannot hold the model: with a cost or functions that a client assigned, other
            `params`, a learning rate or norm that is an expression, or a subclass's code. An
            existing file stays unchanged.
        OSError
            If the file cannot be written; an existing file stays unchanged.
        """
        if Storable not in type(self).__bases__:
            raise ValueError(_SUBCLASS.format(type(self).__name__, "pickle it instead"))
        _check_writable(self)
        _write(path, self)

    @classmethod
    def load(cls, path: PathLike, mode: Mode = None) -> Self:
        """A model from a file that `save` wrote; its training continues exactly.

        Parameters
        ----------
        path : str or path-like
        mode : None, str or pytensor Mode

        Returns
        -------
        DSNMF

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a complete file of a DSNMF model, or if called on a subclass.
        """
        if Storable not in cls.__bases__:
            raise ValueError(_SUBCLASS.format(cls.__name__, "use DSNMF.load"))
        return _read(path, cls, mode)

    def __getstate__(self):
        """Everything but compiled functions, for `pickle` and `copy`."""
        for name in own_functions(self):
            if isinstance(vars(self)[name], FunctionType):
                raise pickle.PicklingError(
                    f"a copy's {name} would go on with this model's parameters, as it is a Python "
                    "function of a client's own: set it on the copy"
                )
        data = [self._objective.X] if self._objective else []
        for variable in [*data, *self.params, *(self._rule.updates if self._rule else ())]:
            value = variable.get_value(borrow=True)
            if not isinstance(value, np.ndarray):  # an array of JAX, which PyTensor cannot copy
                variable.set_value(np.array(value), borrow=True)
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

    def __copy__(self):
        # Two models with the same shared variables would train each other.
        return copy.deepcopy(self)

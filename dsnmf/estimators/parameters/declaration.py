"""Docstrings, constraints and exclusions from the declarations of parameters."""

from __future__ import annotations

import inspect
import textwrap
from functools import wraps
from numbers import Integral
from typing import TYPE_CHECKING, TypeVar

from sklearn.utils._param_validation import InvalidParameterError

from dsnmf.estimators.parameters.of_fits import OF_FITS
from dsnmf.estimators.parameters.of_known_entries import OF_KNOWN_ENTRIES
from dsnmf.estimators.parameters.of_models import OF_MODELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

    from dsnmf.estimators.parameters.parameter import Parameter
    from dsnmf.typing import Mode

#: All declarations, by name. A parameter whose meaning depends on the class has an entry for each
#: class, "Class.parameter".
PARAMETERS = OF_MODELS | OF_KNOWN_ENTRIES | OF_FITS


IN_ONE_TUPLE = "Layers go in one tuple, e.g. (12, 4); of one layer (12,)."


class HasParameters:
    """Base of the classes that are `declared`: the attributes that all of them have."""

    _parameters: ClassVar[dict[str, Parameter]]
    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    metric: str | float
    transform_method: str
    mode: Mode
    _layer_sizes: Callable[[], tuple[int, ...]]

    def _validate_params(self) -> None:
        """As scikit-learn has it; the error also says what is right, where that is known."""
        try:
            super()._validate_params()  # type: ignore[misc]
        except InvalidParameterError as error:
            name = next(name for name in self._parameters if f"'{name}'" in str(error))
            hint = _hint(name, getattr(self, name))
            raise InvalidParameterError(f"{error}{hint}") from error


def _hint(name, value):
    """What is right instead of a value that a parameter may not have, perhaps nothing."""
    if name == "layers":
        return f" {IN_ONE_TUPLE}"
    if name != "solver":
        return ""
    others = [
        key.split(".")[0]
        for key, parameter in PARAMETERS.items()
        if key.endswith(".solver") and f'"{value}"' in parameter.kind
    ]
    return f" {value} is a solver of {' and '.join(others)}." if others else ""


def _asking_for_one_tuple(init):
    """An `__init__` whose first parameter is layers, with a hint if each has come by itself."""

    @wraps(init)
    def __init__(self, *args, **kwargs):
        if len(args) > 1 and all(isinstance(size, Integral) for size in args):
            raise TypeError(f"{type(self).__name__}{args}: {IN_ONE_TUPLE}")
        init(self, *args, **kwargs)

    return __init__


T = TypeVar("T", bound=HasParameters)


def declared(cls: type[T]) -> type[T]:
    """Give a class the declarations of the parameters of its `__init__`.

    Their texts replace the line "[parameters]" of its docstring. scikit-learn reads their
    constraints.
    """
    _, *names = inspect.signature(cls.__init__).parameters
    found = {name: PARAMETERS.get(f"{cls.__name__}.{name}") or PARAMETERS[name] for name in names}
    texts = []
    for name, parameter in found.items():
        text = textwrap.indent(inspect.cleandoc(parameter.text), " " * 4)
        texts.append(f"{name} : {parameter.kind}\n{text}".rstrip())
    if names[0] == "layers":
        cls.__init__ = _asking_for_one_tuple(cls.__init__)  # type: ignore[method-assign]
    document = inspect.cleandoc(cls.__doc__ or "")
    cls.__doc__ = document.replace("[parameters]", "\n".join(texts))
    cls._parameters = found
    cls._parameter_constraints = {name: [*each.allowed] for name, each in found.items()}
    return cls


def first_parameter_that(estimator: HasParameters, rule: str) -> str | None:
    """First parameter whose value fulfils a rule of its declaration, as "name=value", or None.

    Parameters
    ----------
    estimator : Factorisation
    rule : str
        Name of a function of `Parameter`, such as "needs_memory".
    """
    for name, parameter in estimator._parameters.items():
        value = getattr(estimator, name)
        if getattr(parameter, rule)(value):
            return f"{name}={value!r}"
    return None


def numbers_of(estimator: Any) -> dict[str, Any]:
    """{name: value}, sorted by name, of the parameters that change the numbers of a fit."""
    given = estimator.get_params(deep=False)
    others = {name for name, each in estimator._parameters.items() if not each.changes_numbers}
    return {name: given[name] for name in sorted(given.keys() - others)}

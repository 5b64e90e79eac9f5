"""Functions of a model that are compiled at their first use, or assigned by a client."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Compiled = TypeVar("Compiled")


class compiled(Generic[Compiled]):
    """Turns a method that compiles a function into an attribute that holds the function.

    The function is compiled once per model. A client may assign another one, as to any attribute.

    Parameters
    ----------
    compile_function : callable
        From the model to the function.

    Examples
    --------
    >>> from dsnmf.training.compiled import compiled, own_functions
    >>> class Model:
    ...     @compiled
    ...     def train_fun(self):
    ...         return lambda: 1.0
    >>> model = Model()
    >>> model.train_fun is model.train_fun, own_functions(model)
    (True, [])
    >>> model.train_fun = lambda: 2.0
    >>> model.train_fun(), own_functions(model)
    (2.0, ['train_fun'])
    """

    def __init__(self, compile_function: Callable[[Any], Compiled]) -> None:
        self._compile, self.__doc__ = compile_function, compile_function.__doc__

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, model: Any, owner: Any = None) -> Compiled:
        if model is None:
            return self  # type: ignore[return-value]  # the class's own attribute
        functions = vars(model).setdefault("_compiled", {})
        if self._name not in functions:
            functions[self._name] = self._compile(model)
        return functions[self._name]


def forget(model, name):
    """Drop a compiled or assigned function, so that the next use compiles it again."""
    vars(model).pop(name, None)
    vars(model).get("_compiled", {}).pop(name, None)


def own_functions(model):
    """Names of the model's functions and methods that a client has assigned."""
    in_class = (getattr(type(model), name, None) for name in vars(model))
    replaceable = compiled, FunctionType
    return [name for name, kept in zip(vars(model), in_class) if isinstance(kept, replaceable)]

"""Modules that only the extra dependencies bring."""

import importlib.util


def extra(module, purpose, name="experiments"):
    """Import a module that an extra brings.

    Parameters
    ----------
    module : str
    purpose : str
        What needs it, for the error's text.
    name : str
        The extra.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is missing; the message says which `pip install` mends that.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{purpose} needs {module}: pip install "dsnmf[{name}]"') from error


def is_installed(module):
    """Whether a module can be found; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # what import hooks raise, and modules without a spec
        return False

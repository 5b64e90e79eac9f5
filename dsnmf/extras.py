"""Imports modules of the extra dependencies."""

import contextlib
import importlib.util


def extra(module, purpose, name="experiments"):
    """Import a module of an extra.

    Parameters
    ----------
    module : str
    purpose : str
        The purpose that needs it, for the error's text.
    name : str
        Name of the extra.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is missing; the message has the `pip install` command.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{purpose} needs {module}: pip install "dsnmf[{name}]"') from error


def is_installed(module):
    """Whether a module can be found; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # raised by import hooks, and for modules without a spec
        return False


def tqdm_bar(shown, **options):
    """A context with a tqdm bar, or with an invisible one if not shown.

    Raises
    ------
    ImportError
        If shown and tqdm is missing.
    """
    return extra("tqdm.auto", "the progress bar").tqdm(**options) if shown else _Unseen()


class _Unseen(contextlib.nullcontext):
    """An invisible bar: its methods do nothing."""

    def __enter__(self):
        return self

    def update(self, amount=1):
        pass

    def set_postfix(self, **values):
        pass

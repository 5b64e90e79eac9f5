"""Modules that only the extra dependencies bring."""

import contextlib
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


def tqdm_bar(shown, **options):
    """A tqdm bar, a context; one that nobody sees unless shown.

    Raises
    ------
    ImportError
        If the bar is to be shown and tqdm is missing.
    """
    return extra("tqdm.auto", "the progress bar").tqdm(**options) if shown else _Unseen()


class _Unseen(contextlib.nullcontext):
    """What is asked of a bar, without one."""

    def __enter__(self):
        return self

    def update(self, amount=1):
        pass

    def set_postfix(self, **values):
        pass

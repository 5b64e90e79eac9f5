"""The user's line: warnings point there, however deep in the package they are given."""

import sys

#: Those that stand between a user and a fit, such as pipelines.
_BETWEEN = ("dsnmf", "joblib", "sklearn")


def stacklevel() -> int:
    """The `stacklevel` of `warnings.warn` that is the user's line, for a call within the package.

    Examples
    --------
    >>> import warnings
    >>> from dsnmf.caller import stacklevel
    >>> warnings.warn("here", stacklevel=stacklevel())
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _BETWEEN:
        level, frame = level + 1, frame.f_back
    return level

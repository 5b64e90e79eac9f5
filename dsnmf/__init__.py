"""Deep Semi-NMF and Deep WSF on PyTensor, faithful to the papers of Trigeorgis et al."""

from dsnmf._version import __version__
from dsnmf.dsnmf import (
    DSNMF,
    DeadModelWarning,
    adam,
    appr_seminmf,
    dropout,
    floatX,
    init_weights,
    relu,
)
from dsnmf.extras import extra, is_installed

_ESTIMATORS = ("WSF", "DeepSemiNMF", "DeepWSF", "SemiNMF")

__all__ = [
    "DSNMF",
    "DeadModelWarning",
    "__version__",
    "adam",
    "appr_seminmf",
    "dropout",
    "floatX",
    "init_weights",
    "relu",
    *(_ESTIMATORS if is_installed("sklearn") else ()),
]


def __getattr__(name):
    # Lazily: the estimators need scikit-learn, which the core does without.
    if name not in _ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extra("sklearn", f"dsnmf.{name}")
    from dsnmf import estimators

    return getattr(estimators, name)


def __dir__():
    return sorted(__all__)

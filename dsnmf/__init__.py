"""Deep Semi-NMF and Deep WSF on PyTensor, faithful to the papers of Trigeorgis et al."""

from typing import TYPE_CHECKING

from dsnmf import estimators
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
from dsnmf.extras import is_installed

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
    *(estimators.__all__ if is_installed("sklearn") else ()),
]

if TYPE_CHECKING:
    from dsnmf.estimators import WSF as WSF
    from dsnmf.estimators import DeepSemiNMF as DeepSemiNMF
    from dsnmf.estimators import DeepWSF as DeepWSF
    from dsnmf.estimators import MultiViewDeepSemiNMF as MultiViewDeepSemiNMF
    from dsnmf.estimators import SemiNMF as SemiNMF
else:

    def __getattr__(name):
        # Lazily: the estimators need scikit-learn, which the core does without.
        if name not in estimators.__all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(estimators, name)


def __dir__():
    return sorted(__all__)

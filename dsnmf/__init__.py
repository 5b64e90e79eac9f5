"""Deep Semi-NMF and Deep WSF on PyTensor, faithful to the papers of Trigeorgis et al."""

import importlib
import importlib.util
from typing import TYPE_CHECKING

from dsnmf import estimators
from dsnmf._version import __version__
from dsnmf.extras import is_installed

if TYPE_CHECKING:
    from dsnmf.dsnmf import DSNMF as DSNMF
    from dsnmf.dsnmf import DeadModelWarning as DeadModelWarning
    from dsnmf.dsnmf import adam as adam
    from dsnmf.dsnmf import appr_seminmf as appr_seminmf
    from dsnmf.dsnmf import dropout as dropout
    from dsnmf.dsnmf import floatX as floatX
    from dsnmf.dsnmf import init_weights as init_weights
    from dsnmf.dsnmf import relu as relu
    from dsnmf.estimators import WSF as WSF
    from dsnmf.estimators import DeepSemiNMF as DeepSemiNMF
    from dsnmf.estimators import DeepWSF as DeepWSF
    from dsnmf.estimators import MultiViewDeepSemiNMF as MultiViewDeepSemiNMF
    from dsnmf.estimators import SemiNMF as SemiNMF
    from dsnmf.estimators import WSFClassifier as WSFClassifier

#: Names of the 2015 module.
_ORIGINAL = (
    "DSNMF",
    "DeadModelWarning",
    "adam",
    "appr_seminmf",
    "dropout",
    "floatX",
    "init_weights",
    "relu",
)

__all__ = [
    *_ORIGINAL,
    "__version__",
    *(estimators.__all__ if is_installed("sklearn") else ()),
]

if not TYPE_CHECKING:

    def __getattr__(name):
        # Lazy imports: only the estimators need scikit-learn, and importing PyTensor takes half a
        # second, which help and tables do not need.
        if name in estimators.__all__:
            return getattr(estimators, name)
        if name in _ORIGINAL:
            return getattr(importlib.import_module("dsnmf.dsnmf"), name)
        if not name.startswith("_") and importlib.util.find_spec(f"dsnmf.{name}"):
            return importlib.import_module(f"dsnmf.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)

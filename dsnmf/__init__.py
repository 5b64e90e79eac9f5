"""Deep Semi-NMF and Deep WSF on PyTensor, faithful to the papers of Trigeorgis et al."""

from dsnmf._version import __version__
from dsnmf.dsnmf import DSNMF, DeadModelWarning, appr_seminmf

__all__ = ["DSNMF", "DeadModelWarning", "__version__", "appr_seminmf"]

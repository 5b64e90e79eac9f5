"""Starting values of the factors. X is features x samples, as in the papers."""

from dsnmf.initialisation.floor import NOISE_FLOOR
from dsnmf.initialisation.linear_program import lp_seminmf
from dsnmf.initialisation.nndsvd import nndsvd
from dsnmf.initialisation.pretraining import pretrain
from dsnmf.initialisation.random import random
from dsnmf.initialisation.svd import appr_seminmf, init_weights
from dsnmf.initialisation.triplets import truncated_svd

__all__ = [
    "NOISE_FLOOR",
    "appr_seminmf",
    "init_weights",
    "lp_seminmf",
    "nndsvd",
    "pretrain",
    "random",
    "truncated_svd",
]

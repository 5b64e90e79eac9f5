"""Starting values of the factors. X is features x samples, as in the papers."""

from dsnmf.initialisation.svd import NOISE_FLOOR, appr_seminmf, init_weights, truncated_svd

__all__ = ["NOISE_FLOOR", "appr_seminmf", "init_weights", "truncated_svd"]

"""Update rules: pure functions returning {shared variable: its new expression}."""

from dsnmf.updates.adaptive_moments import adam
from dsnmf.updates.baselines import bcd_semi_nmf, gnmf, unit_columns
from dsnmf.updates.deep_semi_nmf import deep_semi_nmf
from dsnmf.updates.multiview_semi_nmf import multiview_deep_semi_nmf
from dsnmf.updates.nonlinear_semi_nmf import nonlinear_deep_semi_nmf
from dsnmf.updates.semi_nmf import semi_nmf

__all__ = [
    "adam",
    "bcd_semi_nmf",
    "deep_semi_nmf",
    "gnmf",
    "multiview_deep_semi_nmf",
    "nonlinear_deep_semi_nmf",
    "semi_nmf",
    "unit_columns",
]

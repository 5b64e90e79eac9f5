"""Inspection of fitted models: description, figures, a page; filled gaps and clusters of samples.

A model's file is read without PyTensor, unless samples are given.
"""

import importlib
from typing import TYPE_CHECKING

from dsnmf.inspection.description import Description, describe
from dsnmf.inspection.variance import component_variances

__all__ = [
    "Description",
    "FillTest",
    "cluster",
    "component_variances",
    "describe",
    "draw_figure",
    "fill",
    "write_page",
]

#: Modules of names that are imported on use: descriptions need no figures.
_LATER = {
    "FillTest": "filling",
    "cluster": "k_means",
    "draw_figure": "drawing",
    "fill": "filling",
    "write_page": "page",
}

if TYPE_CHECKING:
    from dsnmf.inspection.drawing import draw_figure as draw_figure
    from dsnmf.inspection.filling import FillTest as FillTest
    from dsnmf.inspection.filling import fill as fill
    from dsnmf.inspection.k_means import cluster as cluster
    from dsnmf.inspection.page import write_page as write_page
else:

    def __getattr__(name):
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"dsnmf.inspection.{_LATER[name]}"), name)

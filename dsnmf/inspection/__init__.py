"""What a fitted model has learned, and what it says of samples: their gaps, their clusters.

In words, as figures, as a page. A model's file is looked at without PyTensor, as long as no samples
are given.
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

#: Modules of what is imported when it is asked for: words need no figures, and compute nothing.
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

"""What a fitted model has learned: in words, as a table, as a page with figures.

Nothing here computes features, unless it is given samples: a model's file is read without PyTensor.
"""

import importlib
from typing import TYPE_CHECKING

from dsnmf.inspection.description import Description, describe
from dsnmf.inspection.variance import component_variances

__all__ = [
    "Description",
    "component_variances",
    "describe",
    "draw_figure",
    "save_figure",
    "write_page",
]

#: Modules of what is imported when it is asked for: words need no figures.
_LATER = {"draw_figure": "figures", "save_figure": "figures", "write_page": "page"}

if TYPE_CHECKING:
    from dsnmf.inspection.figures import draw_figure as draw_figure
    from dsnmf.inspection.figures import save_figure as save_figure
    from dsnmf.inspection.page import write_page as write_page
else:

    def __getattr__(name):
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"dsnmf.inspection.{_LATER[name]}"), name)

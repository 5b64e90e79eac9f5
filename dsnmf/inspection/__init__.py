"""What a fitted model has learned: in words, as a table, as a page with figures.

Nothing here computes features, unless it is given samples: a model's file is read without PyTensor.
"""

import importlib
from typing import TYPE_CHECKING

from dsnmf.inspection.description import Description, describe
from dsnmf.inspection.variance import component_variances

__all__ = ["Description", "component_variances", "describe", "draw_figure", "save_figure"]

if TYPE_CHECKING:
    from dsnmf.inspection.figures import draw_figure as draw_figure
    from dsnmf.inspection.figures import save_figure as save_figure
else:

    def __getattr__(name):
        # Lazily: words need no figures.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module("dsnmf.inspection.figures"), name)

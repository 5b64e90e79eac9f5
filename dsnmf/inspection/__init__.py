"""What a fitted model has learned: in words, as a table, as a page with figures.

Nothing here computes features, unless it is given samples: a model's file is read without PyTensor.
"""

from dsnmf.inspection.description import Description, describe
from dsnmf.inspection.variance import component_variances

__all__ = ["Description", "component_variances", "describe"]

"""Which layers, components and metric: chosen by what the data say of them, without labels."""

from dsnmf.selection.preference import select
from dsnmf.selection.result import Selection

__all__ = ["Selection", "select"]

"""Which layers, components and metric: chosen by what the data say of them, without labels."""

from dsnmf.selection.agreed import Consensus
from dsnmf.selection.preference import select
from dsnmf.selection.recurrence import consensus
from dsnmf.selection.result import Selection

__all__ = ["Consensus", "Selection", "consensus", "select"]

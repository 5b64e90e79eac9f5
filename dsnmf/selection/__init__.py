"""Choice of layers, components and metric from the data, without labels."""

from dsnmf.selection.agreed import Consensus
from dsnmf.selection.preference import select
from dsnmf.selection.recurrence import consensus
from dsnmf.selection.result import Selection

__all__ = ["Consensus", "Selection", "consensus", "select"]

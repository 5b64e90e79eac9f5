"""Block coordinate descent on Semi-NMF."""

from dsnmf.solvers.rule import Rule
from dsnmf.updates import bcd_semi_nmf


class BlockCoordinateDescent(Rule):
    """See `dsnmf.updates.bcd_semi_nmf`."""

    takes_gaps = True

    def updates(self):
        return bcd_semi_nmf(self.program.X_filled, self.program.Zs[0], self.program.Hs[0])

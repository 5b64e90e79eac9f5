"""Block coordinate descent on Semi-NMF."""

from dsnmf.solvers.rule import Rule
from dsnmf.solvers.sums import OneRead
from dsnmf.symbolic.sweeps import sweep
from dsnmf.updates import bcd_semi_nmf


class BlockCoordinateDescent(OneRead):
    """See `dsnmf.updates.bcd_semi_nmf`; one read of X per iteration."""

    @staticmethod
    def features(H, A, B, affinity=None, BH=None, in_rows=False):
        return sweep(H.T, A.T, B).T if in_rows else sweep(H, A, B)


class GappyBlockCoordinateDescent(Rule):
    """See `dsnmf.updates.bcd_semi_nmf`; each iteration fills the gaps from the reconstruction."""

    takes_gaps, takes_complete = True, False

    def updates(self):
        return bcd_semi_nmf(self.program.X_filled, self.program.Zs[0], self.program.Hs[0])

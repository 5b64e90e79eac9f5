"""The multiplicative rules of linear models: Semi-NMF, Algorithm 1, and with graphs their WSFs."""

from dsnmf.solvers.rule import Rule
from dsnmf.solvers.sums import OneRead
from dsnmf.updates import deep_semi_nmf, semi_nmf
from dsnmf.updates.one_read import multiplicative_features


class Multiplicative(OneRead):
    """See `dsnmf.updates.deep_semi_nmf`; one read of X per iteration."""

    features = staticmethod(multiplicative_features)


class GappyMultiplicative(Rule):
    """`Multiplicative` for gaps, which each iteration fills from the reconstruction."""

    takes_gaps, takes_complete = True, False

    def updates(self):
        X, Zs, Hs = self.program.X_filled, self.program.Zs, self.program.Hs
        graphs = self.program.affinities
        if len(Zs) == 1:
            return semi_nmf(X, Zs[0], Hs[0], graphs[0] if graphs else None)
        return deep_semi_nmf(X, Zs, Hs, graphs or None)

"""The authors' rules for non-linear models: steps down the gradient, with backtracking."""

from dsnmf.solvers.rule import Rule
from dsnmf.updates import nonlinear_deep_semi_nmf


class Backtracking(Rule):
    """See `dsnmf.updates.nonlinear_deep_semi_nmf`."""

    takes_gaps = takes_nonlinear = has_while_loop = True
    takes_linear = False

    def updates(self):
        program = self.program
        return nonlinear_deep_semi_nmf(
            program.X_filled, program.Zs, program.Hs, program.nonlinearity
        )

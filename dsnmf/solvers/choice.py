"""Which rule a fit takes; asked here and nowhere else."""

from dsnmf.solvers.adam import Adam
from dsnmf.solvers.bcd import BlockCoordinateDescent
from dsnmf.solvers.multiplicative import GappyMultiplicative, Multiplicative
from dsnmf.solvers.nonlinear import Backtracking
from dsnmf.symbolic import is_linear

#: The rules that have a name of their own.
_BY_NAME = {"adam": Adam, "bcd": BlockCoordinateDescent}


def choose_rule(solver, nonlinearity, is_complete):
    """The subclass of `Rule` for a solver.

    "adam" and "bcd" are what they are called. "multiplicative" is

    - with a nonlinearity `Backtracking`,
    - of a linear model `Multiplicative`, or with gaps in X `GappyMultiplicative`.

    Parameters
    ----------
    solver : {"multiplicative", "bcd", "adam"}
    nonlinearity : str or callable
    is_complete : bool
        Whether X has no gaps.
    """
    if solver in _BY_NAME:
        return _BY_NAME[solver]
    if not is_linear(nonlinearity):
        return Backtracking
    return Multiplicative if is_complete else GappyMultiplicative

"""Which rule a fit takes; asked here and nowhere else."""

from dsnmf.solvers.adam import Adam
from dsnmf.solvers.bcd import BlockCoordinateDescent
from dsnmf.solvers.multiplicative import GappyMultiplicative, Multiplicative
from dsnmf.solvers.nonlinear import Backtracking
from dsnmf.solvers.ridge import AlternatingRidge
from dsnmf.symbolic import is_linear

#: The rules that have a name of their own.
_BY_NAME = {"adam": Adam, "bcd": BlockCoordinateDescent}


def choose_rule(solver, nonlinearity, samples):
    """The subclass of `Rule` for a solver.

    Of known entries alone, which one layer factorises, it is `AlternatingRidge`. Of all else
    "adam" and "bcd" are what they are called. "multiplicative" is

    - with a nonlinearity `Backtracking`,
    - of a linear model `Multiplicative`, or with gaps in X `GappyMultiplicative`.

    Parameters
    ----------
    solver : {"multiplicative", "bcd", "adam"}
    nonlinearity : str or callable
    samples : Samples
    """
    if samples.only_known:
        return AlternatingRidge
    if solver in _BY_NAME:
        return _BY_NAME[solver]
    if not is_linear(nonlinearity):
        return Backtracking
    return Multiplicative if samples.is_complete else GappyMultiplicative

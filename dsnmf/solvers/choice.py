"""Which rule a fit takes, and what it cannot do; asked here and nowhere else."""

from dsnmf.solvers.adam import Adam
from dsnmf.solvers.backtracking import Backtracking
from dsnmf.solvers.bcd import BlockCoordinateDescent, GappyBlockCoordinateDescent
from dsnmf.solvers.multiplicative import GappyMultiplicative, Multiplicative
from dsnmf.symbolic import is_linear

#: By solver, the rules of which a fit takes the first that serves its model and data.
RULES = {
    "adam": (Adam,),
    "bcd": (BlockCoordinateDescent, GappyBlockCoordinateDescent),
    "multiplicative": (Multiplicative, GappyMultiplicative, Backtracking),
}


def choose_rule(solver, nonlinearity="identity", is_complete=True):
    """The subclass of `Rule` for a solver.

    "adam" and "bcd" are what they are called, "bcd" with gaps in X `GappyBlockCoordinateDescent`.
    "multiplicative" is

    - with a nonlinearity `Backtracking`,
    - of a linear model `Multiplicative`, or with gaps in X `GappyMultiplicative`.

    Parameters
    ----------
    solver : {"multiplicative", "bcd", "adam"}
    nonlinearity : str or callable
    is_complete : bool
        Whether X has no gaps.
    """
    linear = is_linear(nonlinearity)
    return next(
        rule
        for rule in RULES[solver]
        if (rule.takes_linear if linear else rule.takes_nonlinear)
        and (rule.takes_complete if is_complete else rule.takes_gaps)
    )


def why_memory(solver, nonlinearity):
    """Why a solver needs X in memory, for an error; None if it takes blocks."""
    if choose_rule(solver, nonlinearity).in_blocks is not None:
        return None
    return f"with {'' if is_linear(nonlinearity) else 'a nonlinearity and '}solver={solver!r}"

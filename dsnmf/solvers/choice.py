"""Chooses the rule of a fit: the only place that tests what a rule supports."""

from dsnmf.solvers.adam import Adam
from dsnmf.solvers.alternating_ridge import AlternatingRidge
from dsnmf.solvers.backtracking import Backtracking
from dsnmf.solvers.bcd import BlockCoordinateDescent, GappyBlockCoordinateDescent
from dsnmf.solvers.hals import HALS, GappyHALS
from dsnmf.solvers.lbfgs import LBFGS
from dsnmf.solvers.multiplicative import GappyMultiplicative, Multiplicative
from dsnmf.symbolic import as_nonlinearity, is_linear, relu

#: Rules of each solver; a fit uses the first that supports its model and data.
RULES = {
    "adam": (Adam,),
    "bcd": (BlockCoordinateDescent, GappyBlockCoordinateDescent),
    "hals": (HALS, GappyHALS),
    "lbfgs": (LBFGS,),
    "multiplicative": (Multiplicative, GappyMultiplicative, Backtracking),
}


def choose_solver(solver, nonlinearity, in_memory=True, on_jax=False):
    """Replace "auto" by the first of these that applies; other names stay.

    - "adam" with another nonlinearity than relu: `LBFGS` has not been compared with it there.
    - "adam" for data in blocks and under JAX, which `LBFGS` does not support.
    - "lbfgs" otherwise.

    Parameters
    ----------
    solver : str
    nonlinearity : str or callable
    in_memory : bool
        Whether X is in memory, not in blocks.
    on_jax : bool
        Whether the fit is compiled to JAX.
    """
    if solver != "auto":
        return solver
    is_relu = as_nonlinearity(nonlinearity) is relu
    return "lbfgs" if is_relu and in_memory and not on_jax else "adam"


def choose_rule(solver, nonlinearity="identity", is_complete=True, only_known=False):
    """The subclass of `Rule` for a solver, which `choose_solver` has chosen.

    With only_known it is `AlternatingRidge`, for models of one layer. Otherwise:

    - "adam": `Adam`,
    - "lbfgs": `LBFGS`,
    - "bcd": `BlockCoordinateDescent`, with gaps in X `GappyBlockCoordinateDescent`,
    - "hals", linear models alone: `HALS`, with gaps in X `GappyHALS`,
    - "multiplicative": for a linear model `Multiplicative`, with gaps in X `GappyMultiplicative`;
      with a nonlinearity `Backtracking`.

    Parameters
    ----------
    solver : {"multiplicative", "hals", "bcd", "adam", "lbfgs"}
    nonlinearity : str or callable
    is_complete : bool
        Whether X has no gaps.
    only_known : bool
        See `dsnmf.data.samples.Samples`.

    Raises
    ------
    ValueError
        If no rule of the solver supports the model and data.
    """
    if only_known:
        return AlternatingRidge
    linear = is_linear(nonlinearity)
    for rule in RULES[solver]:
        serves = rule.takes_linear if linear else rule.takes_nonlinear
        if serves and (rule.takes_complete if is_complete else rule.takes_gaps):
            return rule
    what = "X without gaps" if linear else f"a linear model, got nonlinearity={nonlinearity!r}"
    raise ValueError(f"solver={solver!r} needs {what}")


def why_memory(solver, nonlinearity):
    """Why a solver needs X in memory, for an error; None if it takes blocks."""
    if choose_rule(solver, nonlinearity).in_blocks is not None:
        return None
    return f"with {'' if is_linear(nonlinearity) else 'a nonlinearity and '}solver={solver!r}"

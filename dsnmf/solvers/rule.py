"""The base class of rules; each rule is a subclass in a file of its own."""

from dsnmf.training.modes import compile_function


class Rule:
    """Moves the factors in a fit; flags say what the rule supports.

    Only `dsnmf.solvers.choice` reads the flags. A rule for data in memory defines `updates`. A rule
    that also supports blocks of samples is best an `OneRead` (`dsnmf.solvers.sums`); otherwise it
    names its `BlockModel`.

    Parameters
    ----------
    program : Program
        Gives the shared variables of data and factors.

    Attributes
    ----------
    variables : list of shared variables
        The rule's own, which it keeps from one iteration to the next; of any size.
    cost : scalar variable or None
        The cost before a step, if every step computes it.
    """

    #: Whether the function of `make_step` returns the cost before the step.
    knows_cost = False

    #: Whether H_m may be negative and relu(H_m) are the features, as in DSNMF.
    raw_features = False

    #: Whether X may have gaps, and whether it may have none.
    takes_gaps, takes_complete = False, True

    #: Whether the model may be linear, and whether it may have a nonlinearity.
    takes_linear, takes_nonlinear = True, False

    #: The `BlockModel` of data in blocks; None where a step needs all samples at once.
    in_blocks: type | None = None

    #: Whether a step has a loop whose length depends on the values, which JAX does not support.
    has_while_loop = False

    #: The aim of the SVD start, see `dsnmf.initialisation.blockwise`.
    start_aim = "product"

    #: The value of tol="auto"; None for five times the learning rate.
    auto_tol: float | None = 1e-4

    cost = None

    def __init__(self, program):
        self.program, self.variables = program, []

    def updates(self):
        """{shared variable: its new expression}."""
        raise NotImplementedError

    def make_step(self):
        """A function of no arguments that makes a step; returns the cost before it, or nothing.

        By default it is compiled from `updates`.
        """
        return compile_function([], self.cost, updates=self.updates(), mode=self.program.mode)

    def forget(self):
        """Drop what is stored of a fit besides the variables."""

    @staticmethod
    def values(model):
        """The values of `variables` at the start of a fit."""
        return []

    @staticmethod
    def settle(model):
        """Finish a fit after its last iteration."""

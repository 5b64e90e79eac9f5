"""What every rule has; a rule is one subclass, in one file."""

from dsnmf.training.modes import compile_function


class Rule:
    """How a fit moves the factors: what it takes, as data, and its operations.

    What a rule takes is asked by `dsnmf.solvers.choice` alone. A rule for data in memory has
    `updates`; one that also goes through blocks of samples is best an `OneRead`
    (`dsnmf.solvers.sums`), and otherwise names its `BlockModel`.

    Parameters
    ----------
    program : Program
        Its shared variables; to those of its own a rule gives `variables`.

    Attributes
    ----------
    variables : list of shared variables
        What the rule remembers from one iteration to the next, of any size.
    cost : scalar variable or None
        The cost before a step, if every step computes it.
    """

    #: Whether what `make_step` gives returns the cost before the step.
    knows_cost = False

    #: Whether H_m may be negative and relu(H_m) are the features, as in DSNMF.
    raw_features = False

    #: Whether X may have gaps, and whether it may have none.
    takes_gaps, takes_complete = False, True

    #: Whether the model may be linear, and whether it may have a nonlinearity.
    takes_linear, takes_nonlinear = True, False

    #: The `BlockModel` of data in blocks; None where a step needs all samples at once.
    in_blocks: type | None = None

    #: Whether a step has a loop whose end depends on numbers, which JAX does not know.
    has_while_loop = False

    #: What the SVD start is to be near, see `dsnmf.initialisation.blockwise`.
    start_aim = "product"

    #: What tol="auto" is; None for five times the learning rate.
    auto_tol: float | None = 1e-4

    cost = None

    def __init__(self, program):
        self.program, self.variables = program, []

    def updates(self):
        """{shared variable: its new expression}."""
        raise NotImplementedError

    def make_step(self):
        """A function of no arguments that makes a step; returns the cost before it, or nothing.

        Most rules' is compiled from `updates`. One that looks at numbers between has its own.
        """
        return compile_function([], self.cost, updates=self.updates(), mode=self.program.mode)

    def forget(self):
        """Let go of what is known of a fit beside the variables."""

    @staticmethod
    def values(model):
        """What the variables are at the start of a fit."""
        return []

    @staticmethod
    def settle(model):
        """Finish a fit, when the last iteration has been made."""

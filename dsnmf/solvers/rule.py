"""What every rule has; a rule is one subclass, in one file."""


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

    cost = None

    def __init__(self, program):
        self.program, self.variables = program, []

    def updates(self):
        """{shared variable: its new expression}."""
        raise NotImplementedError

    @staticmethod
    def values(model):
        """What the variables are at the start of a fit."""
        return []

    @staticmethod
    def settle(model):
        """Finish a fit, when the last iteration has been made."""

"""What every rule has; a rule is one subclass, in one file."""


class Rule:
    """How a program moves the factors.

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

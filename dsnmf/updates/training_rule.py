"""The rule of a training, made from the cost at its start and kept for later calls of fit."""

from typing import NamedTuple

from pytensor.gradient import DisconnectedInputError
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import explicit_graph_inputs

from dsnmf.updates import adam


class Rule(NamedTuple):
    """The rule of one training.

    Attributes
    ----------
    minimised : scalar TensorVariable
        The cost from which the rule was made.
    cost : scalar TensorVariable
        Equal to it, from a graph that shares computations with the updates.
    updates : dict
        See `updates.adam`.
    learning_rate : float or scalar TensorVariable
    """

    minimised: Variable
    cost: Variable
    updates: dict
    learning_rate: float | Variable


def adam_rule(cost, objective, params, learning_rate):
    """Adam's rule for some parameters, with a fresh state.

    Parameters
    ----------
    cost : scalar TensorVariable
    objective : Objective or None
        Gives the gradients if the cost is `objective.cost`.
    params : list of shared variables
    learning_rate : float > 0 or scalar TensorVariable

    Returns
    -------
    Rule

    Raises
    ------
    TypeError
        If the cost is no scalar variable.
    ValueError
        If the cost or the learning rate has an input that is not a shared variable, or the cost
        does not depend on a parameter.
    """
    if not isinstance(cost, Variable) or cost.type.ndim:
        raise TypeError(f"cost must be a scalar TensorVariable, got {cost!r}")
    if objective is not None and cost is objective.cost:
        same, loss = objective.cost_and_gradients(params)
    else:
        same = loss = cost
    try:
        updates = adam(loss, params, learning_rate=learning_rate)
    except DisconnectedInputError as error:
        names = ", ".join(str(param) for param in params)
        raise ValueError(f"the cost must depend on each of {names}") from error
    unknown = list(explicit_graph_inputs([same, *updates.values()]))
    if unknown:
        raise ValueError(
            "the cost and the learning rate must be made of shared variables and constants, got "
            f"the input {unknown[0]}, which has no value"
        )
    return Rule(cost, same, updates, learning_rate)

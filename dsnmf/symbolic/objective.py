"""DSNMF's cost Σ (X - X̂)² + Σ_j norm_j Σ abs(param_j), and its gradients."""

import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors
from pytensor.tensor.math import Dot

from dsnmf.symbolic import costs
from dsnmf.symbolic.residual import squared_error_and_gradients


def _right_factor(product, Z):
    """F with product = Z F, of Z's dtype and independent of Z; None if there is no such F."""
    node = product.owner
    if node is None or not isinstance(getattr(node.op, "core_op", node.op), Dot):  # `@` wraps it
        return None
    left, F = node.inputs
    return F if left is Z and F.dtype == Z.dtype and Z not in ancestors([F]) else None


class Objective:
    """A cost of shared parameters, as a plain graph and with gradients from one residual.

    Parameters
    ----------
    X : shared variable, shape (p, n)
    params : list of shared variables
        Z_1, …, Z_m, H_m.
    reconstruction : TensorVariable, shape (p, n)
        X̂, an expression of the parameters.
    l1_norms : sequence of float or scalar TensorVariable
        See `costs.l1_penalty`.
    offset : float
        Added to the cost.

    Attributes
    ----------
    X, params, reconstruction, l1_norms, offset
    cost : scalar TensorVariable
    features : TensorVariable, shape (k_1, n), or None
        F with X̂ = Z_1 F; None if X̂ does not have that form.
    """

    def __init__(self, X, params, reconstruction, l1_norms, offset):
        self.X, self.params, self.offset = X, list(params), offset
        self.reconstruction, self.l1_norms = reconstruction, l1_norms
        self.features = _right_factor(reconstruction, self.params[0])
        self._penalty = costs.l1_penalty(self.params, l1_norms)
        self.cost = self._add_other_terms(costs.squared_error(X, reconstruction))

    def _add_other_terms(self, error):
        """A squared error plus the penalty and the offset."""
        return error + self._penalty + pt.constant(self.offset, dtype=self.X.dtype)

    def cost_and_gradients(self, params):
        """The cost and its derivatives by some of the parameters.

        If X̂ = Z_1 F depends on all of them, both come from one residual: see
        `dsnmf.symbolic.residual`.

        Parameters
        ----------
        params : list of shared variables

        Returns
        -------
        cost : scalar TensorVariable
            Equal to the attribute, from another graph.
        gradients : list of TensorVariables
        """
        Z_1, F = self.params[0], self.features
        reached = set() if F is None else {Z_1, *ancestors([F])}
        if not reached.issuperset(params):
            return self.cost, pytensor.grad(self.cost, params)
        error, gradients = squared_error_and_gradients(self.X, [Z_1], F, "identity", params)
        if isinstance(self._penalty, Variable):
            of_penalty = pytensor.grad(self._penalty, params, disconnected_inputs="ignore")
            gradients = [of_error + of_l1 for of_error, of_l1 in zip(gradients, of_penalty)]
        return self._add_other_terms(error), gradients

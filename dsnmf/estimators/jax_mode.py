"""The limits of PyTensor's JAX mode, which has no while loops."""

from dsnmf.training.modes import is_jax


def check_jax(mode, rule, nonlinearity):
    """Raise ValueError if this cannot be compiled to JAX."""
    if is_jax(mode) and rule.has_while_loop:
        raise ValueError(
            "mode='JAX' cannot run the multiplicative rules of a nonlinear model (their "
            f"backtracking is a while loop), got nonlinearity={nonlinearity!r}; solver='adam' can"
        )

"""Validates arguments: each function returns a canonical form or raises a clear error."""

import numbers
import sys

import numpy as np
import scipy.sparse


def as_matrix(values, name, accept_sparse=False):
    """A finite, non-empty 2-d array of float32 or float64.

    Other real numeric types become `pytensor.config.floatX`. The array may share memory with
    the argument. A sparse matrix, if accepted, becomes a CSR matrix with duplicates added up.

    Raises
    ------
    TypeError
        If the values are sparse (unless accepted) or not real numbers.
    ValueError
        If they are not 2-d, empty, have masked entries, or contain NaN or infinity.
    """
    if scipy.sparse.issparse(values):
        if not accept_sparse:
            raise TypeError(f"{name} must be a dense array, got a sparse {type(values).__name__}")
        matrix = scipy.sparse.csr_matrix(values)  # tests for duplicates again
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
    else:
        matrix = _as_array(values, name)
    if matrix.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {matrix.dtype}")
    if matrix.dtype not in (np.float32, np.float64):
        import pytensor  # takes half a second, not needed for floats

        matrix = matrix.astype(pytensor.config.floatX)
    if matrix.ndim != 2:
        raise ValueError(f"{name} must be 2-d, got {matrix.ndim}-d of shape {matrix.shape}")
    if 0 in matrix.shape:
        raise ValueError(f"{name} must not be empty, got shape {matrix.shape}")
    if not np.isfinite(matrix.data if scipy.sparse.issparse(matrix) else matrix).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return matrix


def _as_array(values, name):
    if hasattr(values, "__dask_graph__"):
        values = values.compute()  # NumPy would compute it too, but lose the mask
    rows = values if isinstance(values, list | tuple) else [values]
    masked = sum(int(np.ma.count_masked(row)) for row in rows if np.ma.is_masked(row))
    if masked:
        # Values under a mask are arbitrary, and NumPy would return them as data.
        raise ValueError(f"{name} must not have masked entries, got {masked}")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular 2-d array: {error}") from error


def as_size(value, name):
    """A Python int >= 1 from any integer type; TypeError or ValueError otherwise."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer >= 1, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be >= 1, got {value!r}")
    return int(value)


def as_layers(layers):
    """A tuple of layer sizes (ints >= 1), at least one; TypeError or ValueError otherwise."""
    if isinstance(layers, str) or not np.iterable(layers):
        raise TypeError(f"layers must be a sequence of integers >= 1, got {layers!r}")
    sizes = tuple(as_size(size, f"layers[{i}]") for i, size in enumerate(layers))
    if not sizes:
        raise ValueError("layers must name at least one layer, got none")
    return sizes


def as_number(value, name, minimum, exclusive=False):
    """A finite float >= minimum (> minimum if exclusive); TypeError or ValueError otherwise."""
    bound = f"{'>' if exclusive else '>='} {minimum}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number {bound}, got {value!r}")
    too_small = value <= minimum if exclusive else value < minimum
    if too_small or not np.isfinite(value):
        raise ValueError(f"{name} must be finite and {bound}, got {value!r}")
    return float(value)


def as_scalar(value, name, minimum, exclusive=False):
    """A float by `as_number`; a symbolic real scalar, shared or not, is returned unchanged.

    A 0-d array counts as its number. The value of a symbolic scalar is not tested.

    Raises
    ------
    TypeError
        If it is neither, or a symbolic variable of another type.
    ValueError
        If a number is not finite or too small.
    """
    pytensor = sys.modules.get("pytensor")  # if it is not imported, there are no variables
    if pytensor is not None and isinstance(value, pytensor.graph.basic.Variable):
        kind = value.type
        if (
            not isinstance(kind, pytensor.tensor.type.TensorType)
            or kind.ndim
            or kind.numpy_dtype.kind not in "fiu"
        ):
            raise TypeError(f"{name} must be a number or a real scalar variable, got a {kind}")
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return as_number(value, name, minimum, exclusive)


def as_generator(random_state):
    """A NumPy Generator from a seed or a Generator; None is seed 0, so that calls repeat.

    Raises
    ------
    TypeError, ValueError
        If random_state is neither None, a non-negative integer, nor a Generator.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.default_rng(0)
    if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral):
        raise TypeError(
            f"random_state must be None, an integer >= 0 or a numpy.random.Generator, "
            f"got {random_state!r}"
        )
    if random_state < 0:
        raise ValueError(f"random_state must be >= 0, got {random_state!r}")
    return np.random.default_rng(int(random_state))


def as_uniform_source(random_state):
    """The source of a random start: see `as_generator`, but None is NumPy's global state.

    With None restarts differ, and `numpy.random.seed` makes them repeatable.

    Returns
    -------
    object
        Has a method random(shape) that returns float64 numbers in [0, 1).
    """
    return np.random if random_state is None else as_generator(random_state)


def as_l1_norms(l1_norms, n_params):
    """A tuple of at most n_params scalars >= 0, see `as_scalar`; TypeError or ValueError else."""
    if isinstance(l1_norms, str) or not np.iterable(l1_norms):
        raise TypeError(f"l1_norms must be a sequence of weights >= 0, got {l1_norms!r}")
    norms = tuple(as_scalar(norm, f"l1_norms[{j}]", 0) for j, norm in enumerate(l1_norms))
    if len(norms) > n_params:
        raise ValueError(
            f"l1_norms must hold at most {n_params} norms, one for each of Z_1 … Z_m, H_m, "
            f"got {len(norms)}"
        )
    return norms


def as_replacements(values, params, shapes):
    """Validated copies of new values for shared variables, of these shapes.

    Raises
    ------
    TypeError
        If a dtype is not of the variable's kind: complex, text, ….
    ValueError
        If their number or a shape is wrong, or a value is masked, NaN or infinite, also after
        conversion to the variable's dtype.
    """
    values = list(values)
    if len(values) != len(params):
        raise ValueError(f"values must hold {len(params)} arrays, got {len(values)}")
    names = [param.name or f"values[{i}]" for i, param in enumerate(params)]
    dtypes = [param.dtype for param in params]
    return [_replacement(*each) for each in zip(values, names, dtypes, shapes)]


def _replacement(value, name, dtype, shape):
    value = _as_array(value, name)
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {value.shape}")
    if not np.can_cast(value.dtype, dtype, casting="same_kind"):
        raise TypeError(f"{name} must have dtype {dtype}, got {value.dtype}")
    with np.errstate(over="ignore"):
        replacement = np.array(value, dtype=dtype, order="C")
    if not np.isfinite(replacement).all():
        raise ValueError(f"{name} must be finite in {dtype}, got NaN or infinity")
    return replacement
